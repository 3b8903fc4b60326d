#include "box_questions.hpp"
#include "../admin_socket.hpp"

namespace wardline::ctl {

namespace {

template <class Report>
expected<Report> answered(const std::filesystem::path& socket, const admin::box_question& question,
                          expected<Report> (*decode)(bytes_view)) {
  auto raw = daemon::ask_daemon(socket, admin::encode(question));
  if (!raw)
    return refusal::link_down;
  auto report = decode(*raw);
  if (report && report->why != refusal::none)
    return report->why;
  return report;
}

} // namespace

expected<admin::status_report> ask_status(const std::filesystem::path& socket) {
  return answered(socket, admin::status_question{}, admin::decode_status_report);
}

expected<admin::settings_report> ask_settings(const std::filesystem::path& socket) {
  return answered(socket, admin::settings_question{}, admin::decode_settings_report);
}

std::string not_answered(const std::filesystem::path& socket, refusal why) {
  if (why == refusal::link_down)
    return socket.string() + ": no daemon answers; start wardlined, or look whether this user may enter the "
                             "folder (group wardline-admin) and whether --config names the daemon's file";
  return socket.string() + ": " + std::string{sentence_of(why)} + " (" + std::string{name_of(why)} + ")";
}

} // namespace wardline::ctl
