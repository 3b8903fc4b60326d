#include "audit.hpp"
#include "e2ee/checkpoint.hpp"
#include "fake_actors.hpp"
#include "small_clinic.hpp"

using namespace wardline;
using wire::device::logged;

namespace {

struct audit_fixture {
  world w;
  store_fixture s;
  store_actor store = s.spawn(w);
  audit_actor audit_of_it = w.sys.spawn(audit, &s.disk, store);

  audit_fixture() = default;
  ~audit_fixture() {
    caf::anon_send_exit(audit_of_it, caf::exit_reason::user_shutdown);
    w.run();
    store_fixture::stop(w, store);
  }
  audit_fixture(const audit_fixture&) = delete;
  audit_fixture& operator=(const audit_fixture&) = delete;

  void leaves(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      w.ask<committed>(store, write_of({act_on(static_cast<std::uint8_t>(i), {1})}));
    w.run();
  }
  void sign() {
    caf::anon_send(store, sign_checkpoint{5'000});
    w.run();
  }
  template <class Message>
  outcome ask(Message m) {
    auto a = w.ask<outcome>(audit_of_it, std::move(m));
    w.run();
    REQUIRE(a->answer);
    return *a->answer;
  }
  e2ee::checkpoint verified(const std::string& note) const {
    auto c = e2ee::verify_note(note, s.log_key.signer.origin, s.log_key.signer.key);
    REQUIRE(c);
    return *c;
  }
  void check_proof(const logged& l, const e2ee::checkpoint& head) const {
    auto entry = rules::decode_audit_entry(l.entry);
    REQUIRE(entry);
    rules::audit_salt salt;
    REQUIRE(l.salt.size() == salt.size());
    std::copy(l.salt.begin(), l.salt.end(), salt.begin());
    auto leaf = e2ee::leaf_hash(rules::leaf_data_of(entry->kind, salt, l.entry));
    CHECK(e2ee::check_inclusion(leaf, l.leaf, head.size, head.root, l.proof) == refusal::none);
  }
};

outcome objects_at(std::vector<std::uint64_t> at) {
  wire::device::objects o;
  for (auto leaf : at)
    o.found.push_back({bytes{1}, leaf, {}, {}, {}});
  return {o};
}

} // namespace

TEST_CASE("logged objects get salt, entry and a proof that others verify") {
  audit_fixture f;
  f.leaves(9);
  f.sign();
  SECTION("objects") {
    auto o = std::get<wire::device::objects>(f.ask(add_proofs{objects_at({0, 4, 8}), 6'000}).result);
    auto head = f.verified(o.checkpoint);
    CHECK(head.size == 9);
    for (const auto& l : o.found)
      f.check_proof(l, head);
  }
  SECTION("a party's cores and certificates") {
    wire::device::party p;
    p.cores = {{bytes{1}, 2, {}, {}, {}}};
    p.certificates = {{bytes{2}, 3, {}, {}, {}}};
    auto o = std::get<wire::device::party>(f.ask(add_proofs{{p}, 6'000}).result);
    auto head = f.verified(o.checkpoint);
    f.check_proof(o.cores.at(0), head);
    f.check_proof(o.certificates.at(0), head);
  }
}

TEST_CASE("an object logged a moment ago is proved at once: a checkpoint is signed first") {
  audit_fixture f;
  f.leaves(3);
  SECTION("the very first") {}
  SECTION("behind an older one") {
    f.sign();
    f.leaves(2);
  }
  auto last = f.s.disk.rows[static_cast<std::size_t>(ports::table::leaf)].size() - 1;
  auto o = std::get<wire::device::objects>(f.ask(add_proofs{objects_at({last}), 6'000}).result);
  auto head = f.verified(o.checkpoint);
  CHECK(head.size == last + 1);
  f.check_proof(o.found.at(0), head);
}

TEST_CASE("what cannot be proved is refused whole") {
  audit_fixture f;
  f.leaves(3);
  f.sign();
  SECTION("no such leaf") {
    CHECK(why_of(f.ask(add_proofs{objects_at({0, 3}), 6'000})) == refusal::storage_refused);
  }
  SECTION("its entry is destroyed") {
    f.s.disk.poison(ports::table::entry, ports::row_key(1));
    CHECK(why_of(f.ask(add_proofs{objects_at({0, 1}), 6'000})) == refusal::value_not_openable);
  }
  SECTION("the disk refuses the checkpoint") {
    f.leaves(1);
    f.s.disk.faults = {storage_fault::fail_and_not_persist};
    CHECK(why_of(f.ask(add_proofs{objects_at({3}), 6'000})) == refusal::storage_refused);
  }
  SECTION("too many at once") {
    CHECK(why_of(f.ask(add_proofs{objects_at(std::vector<std::uint64_t>(proofs_per_answer_max + 1)), 1})) ==
          refusal::count_too_large);
    CHECK(why_of(f.ask(add_proofs{objects_at(std::vector<std::uint64_t>(proofs_per_answer_max)), 1})) ==
          refusal::none);
  }
}

TEST_CASE("consistency from what a device pins") {
  audit_fixture f;
  CHECK(why_of(f.ask(consistency{})) == refusal::not_found);
  f.leaves(5);
  f.sign();
  auto old = f.verified(std::get<wire::device::checkpoint>(f.ask(consistency{}).result).note);
  f.leaves(300);
  f.sign();
  auto c = std::get<wire::device::checkpoint>(f.ask(consistency{old.size}).result);
  auto head = f.verified(c.note);
  CHECK(head.size == 305);
  CHECK(e2ee::check_consistency(old.size, old.root, head.size, head.root, c.consistency) == refusal::none);
  CHECK(std::get<wire::device::checkpoint>(f.ask(consistency{305}).result).consistency.empty());
  // More than there is: the device sees the rollback in the note itself.
  auto ahead = std::get<wire::device::checkpoint>(f.ask(consistency{306}).result);
  CHECK(ahead.note == c.note);
  CHECK(ahead.consistency.empty());
}

TEST_CASE("questions above audit_questions_max are refused as overloaded") {
  audit_fixture f;
  f.leaves(1);
  f.sign();
  world w; // a store that does not answer
  std::vector<caf::typed_response_promise<checkpoint_note>> kept;
  auto silent = w.sys.spawn([&](store_actor::pointer self) -> store_actor::behavior_type {
    return {
        [](const wardline::write&) -> caf::result<committed> { return refusal::storage_refused; },
        [](const flush&) {},
        [](const sign_checkpoint&) {},
        [&kept, self](const get_checkpoint&) -> caf::result<checkpoint_note> {
          kept.push_back(self->make_response_promise<checkpoint_note>());
          return kept.back();
        },
        [](const probe&) -> caf::result<probed> { return probed{}; },
        [](const begin_turn&) -> caf::result<turn_state> { return refusal::unknown_request; },
        [](const step_turn&) -> caf::result<turn_state> { return refusal::unknown_request; },
    };
  });
  auto a = w.sys.spawn(audit, &f.s.disk, silent);
  std::vector<std::shared_ptr<asked<outcome>>> answers;
  for (std::size_t i = 0; i <= audit_questions_max; ++i)
    answers.push_back(w.ask<outcome>(a, consistency{}));
  w.run();
  CHECK(kept.size() == audit_questions_max);
  REQUIRE(answers.back()->answer);
  CHECK(why_of(answers.back()) == refusal::overloaded);
  caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(silent, caf::exit_reason::user_shutdown);
  w.run();
}
