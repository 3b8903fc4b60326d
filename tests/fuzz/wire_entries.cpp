// Codecs of the wire. Promise: what was accepted is encoded again, accepted again, and stays the same; what
// was refused has a name that belongs to this decoder.
#include "admin_words.hpp"
#include "entries.hpp"
#include "wire/content.hpp"
#include "wire/device.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"
#include <algorithm>

namespace wardline::fuzz {

namespace {

template <class T>
bool refused_as(const expected<T>& decoded, std::initializer_list<refusal> allowed) {
  if (decoded)
    return false;
  promise(std::find(allowed.begin(), allowed.end(), decoded.why()) != allowed.end());
  return true;
}

} // namespace

bool run_link_frame(bytes_view input) {
  auto frame = wire::link::decode(input);
  if (refused_as(frame, {refusal::frame_malformed, refusal::frame_too_large}))
    return false;
  if (const auto* data = std::get_if<wire::link::channel_data>(&*frame))
    promise(data->channel != 0 && !data->payload.empty() &&
            data->payload.size() <= wire::noise_message_bytes_max);
  auto raw = wire::link::encode(*frame);
  auto again = wire::link::decode(raw);
  promise(again && wire::link::encode(*again) == raw);
  return true;
}

bool run_admin_act(bytes_view input) {
  auto what = admin::decode_act(input);
  if (!what)
    return false;
  auto again = admin::decode_act(admin::encode(*what));
  promise(again && *again == *what);
  return true;
}

bool run_admin_answer(bytes_view input) {
  auto said = admin::decode_answer(input);
  if (!said)
    return false;
  promise(said->problems.size() <= admin::problems_max && said->warnings.size() <= admin::problems_max);
  auto again = admin::decode_answer(admin::encode(*said));
  promise(again && *again == *said);
  return true;
}

bool run_device_request(bytes_view input) {
  request_id id;
  auto request = wire::device::decode_request(input, &id);
  if (refused_as(request, {refusal::malformed_request, refusal::message_too_large, refusal::unknown_request,
                           refusal::object_too_large}))
    return false;
  promise(request->id == id && bool(id));
  auto raw = wire::device::encode(*request);
  auto again = wire::device::decode_request(raw);
  promise(again && wire::device::encode(*again) == raw);
  return true;
}

bool run_from_daemon(bytes_view input) {
  auto message = wire::device::decode_from_daemon(input);
  if (refused_as(message, {refusal::malformed_request, refusal::message_too_large, refusal::unknown_request,
                           refusal::object_too_large}))
    return false;
  auto raw = wire::device::encode(*message);
  auto again = wire::device::decode_from_daemon(raw);
  promise(again && wire::device::encode(*again) == raw);
  return true;
}

bool run_server_hello(bytes_view input) {
  auto hello = wire::device::decode_server_hello(input);
  if (refused_as(hello, {refusal::malformed_request, refusal::message_too_large}))
    return false;
  auto raw = wire::device::encode(*hello);
  auto again = wire::device::decode_server_hello(raw);
  promise(again && wire::device::encode(*again) == raw);
  return true;
}

bool run_content(bytes_view input) {
  auto content = wire::decode_content(input);
  if (refused_as(content, {refusal::content_malformed}))
    return false;
  promise(content->text.size() <= wire::content_bytes_max);
  // Its shortest encoding is never longer than what came in.
  auto raw = wire::encode(*content);
  promise(raw && raw->size() <= input.size());
  auto again = wire::decode_content(*raw);
  promise(again && *wire::encode(*again) == *raw);
  return true;
}

} // namespace wardline::fuzz
