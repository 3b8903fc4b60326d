#include "client/opening.hpp"
#include "e2ee/body_seal.hpp"
#include "wire/limits.hpp"
#include <algorithm>

namespace wardline::client {

void opening::open(const conversation_id& where, std::vector<std::uint64_t> seqs, open_purpose why,
                   opened then) {
  std::sort(seqs.begin(), seqs.end());
  seqs.erase(std::unique(seqs.begin(), seqs.end()), seqs.end());
  if (seqs.size() > wire::open_bodies_max) {
    then(refusal::open_too_many);
    return;
  }
  auto p = std::make_shared<page>(page{where, {}, why, {}, 0, std::move(then)});
  for (auto seq : seqs) {
    const auto* known = messages_.find(where, seq);
    if (known == nullptr) {
      p->then(refusal::not_found);
      return;
    }
    // Without its key a body would be released, and its leaf written, for nothing.
    if (known->unreadable != refusal::none || known->recalled != 0)
      p->out.push_back(
          {*known, {}, 0, known->recalled != 0 ? refusal::message_destroyed : known->unreadable});
    else
      p->left.push_back(seq);
  }
  if (p->left.empty())
    p->then(std::move(p->out));
  else
    ask(p);
}

void opening::ask(const page_ref& p) {
  wire::device::open request{p->where, p->left, p->why.what, p->why.reason};
  core_.link.ask_for<wire::device::opened>(request, [this, p](result<wire::device::opened> answer) {
    if (!core_.inner)
      p->then(refusal::not_logged_in);
    else if (!answer)
      p->then(answer.no);
    else
      take(p, *answer);
  });
}

void opening::take(const page_ref& p, const wire::device::opened& answer) {
  if (answer.left_off >= p->left.size()) {
    p->then(refusal::malformed_request); // an answer that releases nothing
    return;
  }
  auto released = p->left.size() - answer.left_off;
  std::vector<std::uint64_t> here{p->left.begin(), p->left.begin() + static_cast<std::ptrdiff_t>(released)};
  p->left.erase(p->left.begin(), p->left.begin() + static_cast<std::ptrdiff_t>(released));
  // That it was released is a fact from here on, whatever the checks say; it is kept before it is shown.
  if (auto why = messages_.note_opened(p->where, here, answer.leaf); why != refusal::none) {
    p->then(why);
    return;
  }
  for (auto seq : here) {
    auto body = std::find_if(answer.bodies.begin(), answer.bodies.end(),
                             [&](const wire::device::body& b) { return b.seq == seq; });
    opened_message one;
    if (body != answer.bodies.end())
      one = unseal(p->where, seq, body->sealed);
    else
      one.why = refusal::value_not_openable; // the server could not read its copy
    one.row = *messages_.find(p->where, seq);
    one.leaf = answer.leaf;
    p->out.push_back(std::move(one));
  }
  if (p->left.empty() || ++p->pages >= open_pages_max)
    p->then(std::move(p->out));
  else
    ask(p);
}

opened_message opening::unseal(const conversation_id& where, std::uint64_t seq, bytes_view body) const {
  opened_message out;
  auto row = messages_.row(where, seq);
  auto s = row ? e2ee::slip::decode(row->slip, core_.me->clinic) : expected<e2ee::slip>{row.why()};
  if (!s) {
    out.why = s.why();
    return out;
  }
  const auto& h = s->header;
  e2ee::body_facts facts{h.message, h.body_hash, h.body_size, h.key_commitment};
  auto plain = e2ee::open_body(body, facts, row->key);
  if (!plain) {
    out.why = plain.why();
    return out;
  }
  auto content = wire::decode_content(plain->value);
  out.why = content.why();
  if (content)
    out.content = std::move(*content);
  return out;
}

} // namespace wardline::client
