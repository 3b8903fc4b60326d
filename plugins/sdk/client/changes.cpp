#include "client/changes.hpp"
#include <algorithm>

namespace wardline::client {

namespace {

bool is_change(bytes_view raw) {
  auto k = e2ee::peek_kind(raw);
  return k && (*k == e2ee::kind::grant || *k == e2ee::kind::revocation);
}

} // namespace

refusal changes::load() {
  after_leaf_ = 0;
  auto raw = core_.rows.get(table::changes, rows::key_of("changes"));
  if (!raw)
    return raw.why() == refusal::not_found ? refusal::none : raw.why();
  auto row = rows::decode<rows::changes>(raw->value);
  if (!row)
    return refusal::value_not_openable;
  after_leaf_ = row->after_leaf;
  return refusal::none;
}

void changes::follow(ended then) {
  waiting_.push_back(std::move(then));
  if (waiting_.size() > 1) {
    again_ = true; // the last page may have been answered before what this caller was told of
    return;
  }
  again_ = false;
  pages_ = tries_ = 0;
  if (objects_.spoilt().empty())
    ask();
  else
    ask_for_spoilt();
}

/// Whatever comes of it, what is new is followed then.
void changes::ask_for_spoilt() {
  wire::device::get_objects request{{objects_.spoilt().begin(), objects_.spoilt().end()}};
  core_.link.ask_for<wire::device::objects>(request, [this](result<wire::device::objects> answer) {
    if (!core_.inner)
      return end(refusal::not_logged_in);
    if (!answer)
      return ask();
    auto checkpoint = answer->checkpoint;
    log_.settle_on(checkpoint, [this, found = std::move(answer->found)](refusal why) {
      if (!core_.inner)
        return end(refusal::not_logged_in);
      std::vector<proved> all;
      for (const auto& x : found)
        if (why == refusal::none && is_change(x.object))
          if (auto proof = log_.prove(x))
            all.push_back(std::move(*proof));
      if (auto kept = objects_.keep_changes(all, {}); kept != refusal::none)
        return end(kept);
      ask();
    });
  });
}

void changes::end(refusal why) {
  auto waiting = std::exchange(waiting_, {});
  for (auto& then : waiting)
    then(why);
}

void changes::ask() {
  wire::device::get_changes request{after_leaf_};
  core_.link.ask_for<wire::device::objects>(request, [this](result<wire::device::objects> answer) {
    if (!core_.inner || !answer)
      end(core_.inner ? answer.why() : refusal::not_logged_in);
    else if (answer->found.empty() && std::exchange(again_, false))
      ask();
    else if (answer->found.empty() || ++pages_ > change_pages_max)
      end(refusal::none);
    else
      settle_on(std::move(*answer));
  });
}

void changes::settle_on(wire::device::objects found) {
  auto checkpoint = found.checkpoint;
  log_.settle_on(checkpoint, [this, found = std::move(found)](refusal why) {
    bool later = why == refusal::needs; // the log moved on meanwhile
    if (!core_.inner)
      end(refusal::not_logged_in);
    else if (why == refusal::none)
      take(found);
    else if (later && tries_++ < proof_tries_max)
      core_.after(proof_wait_ms, [this] { ask(); });
    else
      end(later ? refusal::not_in_log : why);
  });
}

void changes::take(const wire::device::objects& found) {
  std::vector<proved> all;
  refusal why = refusal::none;
  auto after = after_leaf_;
  for (const auto& x : found.found) {
    auto proof = is_change(x.object) ? log_.prove(x) : expected<proved>{refusal::unknown_kind};
    if (proof && proof->where.position < after)
      proof = refusal::chain_broken;
    if (!proof) {
      why = proof.why();
      break;
    }
    after = proof->where.position + 1;
    all.push_back(std::move(*proof));
  }
  // A leaf younger than the checkpoint is proved a second later; what came before it is taken.
  bool later = why == refusal::not_in_log && tries_++ < proof_tries_max;
  if (all.empty() && later) {
    core_.after(proof_wait_ms, [this] { ask(); });
    return;
  }
  if (all.empty()) {
    end(why);
    return;
  }
  auto lacking = objects_.lacked_by(all);
  if (lacking.empty()) {
    keep(all);
    return;
  }
  objects_.fetch(std::move(lacking), [this, all = std::move(all)](refusal fetched) {
    // Whom the daemon does not show makes the change wait; a question that failed is asked again later.
    if (!core_.inner || passes(fetched))
      end(core_.inner ? fetched : refusal::not_logged_in);
    else
      keep(all);
  });
}

void changes::keep(const std::vector<proved>& found) {
  store_changes with;
  auto after = found.back().where.position + 1;
  core_.rows.put(with, table::changes, rows::key_of("changes"), rows::encode(rows::changes{after}));
  auto why = objects_.keep_changes(found, std::move(with));
  if (why != refusal::none) {
    end(why);
    return;
  }
  after_leaf_ = after;
  ask();
}

} // namespace wardline::client
