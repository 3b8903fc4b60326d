// Limits of what is asked and answered about second factors, parties' turns and history.
#include "spoilt_messages.hpp"

namespace wardline::wire {

namespace {

std::string id_letters(char first) {
  auto out = letters(16);
  out[0] = first;
  return out;
}

} // namespace

TEST_CASE("fields of second factors") {
  dpb::Request m;
  SECTION("enrol") {
    m = good(2);
    auto& enrol = *m.mutable_enrol();
    enrol.set_password(letters(password_bytes_max));
    enrol.set_certificate(letters(certificate_bytes_max));
    CHECK(asked(m) == ok);
    enrol.set_totp_secret(letters(totp_secret_bytes - 1));
    CHECK(asked(m) == bad);
    enrol.set_totp_secret(letters(totp_secret_bytes + 1));
    CHECK(asked(m) == bad);
    enrol.set_totp_secret("");
    enrol.set_second_factor("");
    CHECK(asked(m) == ok); // a further device
    enrol.set_second_factor(letters(totp_digits + 1));
    CHECK(asked(m) == bad);
  }
  SECTION("log in") {
    m = good(3);
    auto& log_in = *m.mutable_log_in();
    log_in.set_password(letters(password_bytes_max));
    log_in.set_second_factor(letters(second_factor_bytes_max));
    CHECK(asked(m) == ok);
    log_in.set_second_factor("");
    CHECK(asked(m) == ok); // refused by its name, not as malformed
    log_in.set_second_factor(letters(second_factor_bytes_max + 1));
    CHECK(asked(m) == bad);
  }
  SECTION("log off") {
    m = good(4);
    m.mutable_log_off()->set_device(letters(15));
    CHECK(asked(m) == bad);
    m.mutable_log_off()->set_device("");
    CHECK(asked(m) == ok);
  }
  SECTION("prove") {
    m = good(17);
    m.mutable_prove()->set_second_factor(letters(second_factor_bytes_max));
    CHECK(asked(m) == ok);
    m.mutable_prove()->set_second_factor(letters(second_factor_bytes_max + 1));
    CHECK(asked(m) == bad);
    m.mutable_prove()->set_second_factor("");
    CHECK(asked(m) == bad);
  }
  SECTION("another authenticator") {
    m = good(19);
    auto& set = *m.mutable_set_second_factor();
    set.set_secret(letters(totp_secret_bytes + 1));
    CHECK(asked(m) == bad);
    set.set_secret("");
    CHECK(asked(m) == bad);
    set.set_secret(letters(totp_secret_bytes));
    CHECK(asked(m) == ok);
    set.set_code(letters(totp_digits - 1));
    CHECK(asked(m) == bad);
  }
}

TEST_CASE("fields of packs, key lists and standing") {
  dpb::Request m;
  SECTION("submit with packs") {
    m = good(10);
    auto& submit = *m.mutable_submit();
    submit.clear_packs();
    while (static_cast<std::size_t>(submit.packs_size()) < packs_per_message_max)
      submit.add_packs(letters(pack_bytes_max));
    submit.set_cosignature(letters(cosignature_bytes_max));
    CHECK(asked(m) == ok);
    submit.add_packs("x");
    CHECK(asked(m) == bad);
    submit.mutable_packs()->RemoveLast();
    submit.set_packs(0, letters(pack_bytes_max + 1));
    CHECK(asked(m) == refusal::object_too_large);
    submit.set_packs(0, "");
    CHECK(asked(m) == bad);
    submit.set_packs(0, "x");
    submit.set_cosignature(letters(cosignature_bytes_max + 1));
    CHECK(asked(m) == bad);
    submit.set_cosignature("");
    submit.set_report(letters(31));
    CHECK(asked(m) == bad);
    submit.set_report("");
    CHECK(asked(m) == ok);
  }
  SECTION("key lists") {
    m = good(22);
    m.mutable_get_key_lists()->set_from_part(0xffff);
    CHECK(asked(m) == ok);
    m.mutable_get_key_lists()->set_from_part(0x10000);
    CHECK(asked(m) == bad);
  }
  SECTION("standing of one person or one device") {
    m = good(23);
    m.mutable_get_standing()->set_device(letters(16));
    CHECK(asked(m) == ok); // of a oneof the last one counts
    m.mutable_get_standing()->set_device(letters(15));
    CHECK(asked(m) == bad);
    m.mutable_get_standing()->clear_about();
    CHECK(asked(m) == bad);
  }
}

TEST_CASE("fields of shares and log-ins") {
  auto m = good_answer(4);
  auto& share = *m.mutable_answer()->mutable_logged_in()->mutable_share();
  share.set_next(letters(31));
  CHECK(answered(m) == bad);
  share.set_next(letters(32));
  CHECK(answered(m) == ok);
  share.set_next_number(share.number());
  CHECK(answered(m) == bad);
  share.set_next_number(0);
  CHECK(answered(m) == bad);
  share.set_next("");
  CHECK(answered(m) == ok);
  m = good_answer(27);
  m.mutable_share_gone()->set_number(0);
  CHECK(answered(m) == bad);
}

TEST_CASE("fields of what waits") {
  auto m = good_answer(16);
  auto& pending = *m.mutable_answer()->mutable_pending();
  SECTION("rows") {
    while (static_cast<std::size_t>(pending.turns_size()) < pending_rows_max)
      *pending.add_turns() = pending.turns(0);
    while (static_cast<std::size_t>(pending.packs_size()) < pending_rows_max)
      *pending.add_packs() = pending.packs(0);
    while (static_cast<std::size_t>(pending.key_lists_size()) < pending_rows_max)
      *pending.add_key_lists() = pending.key_lists(0);
    while (static_cast<std::size_t>(pending.renewals_size()) < pending_rows_max)
      *pending.add_renewals() = pending.renewals(0);
    pending.set_renewal(letters(certificate_bytes_max));
    for (auto& wanted : *pending.mutable_key_lists())
      wanted.set_report(letters(act_bytes_max));
    CHECK(answered(m) == ok);
    SECTION("turns") {
      *pending.add_turns() = pending.turns(0);
    }
    SECTION("packs") {
      *pending.add_packs() = pending.packs(0);
    }
    SECTION("key lists") {
      *pending.add_key_lists() = pending.key_lists(0);
    }
    SECTION("renewals") {
      *pending.add_renewals() = pending.renewals(0);
    }
    SECTION("a renewal's bytes") {
      pending.set_renewal(letters(certificate_bytes_max + 1));
    }
    SECTION("a report's bytes") {
      pending.mutable_key_lists(0)->set_report(letters(act_bytes_max + 1));
    }
    SECTION("a renewal of no device") {
      pending.mutable_renewals(0)->set_device("");
    }
    CHECK(answered(m) == bad);
  }
  SECTION("devices ascend") {
    auto& turn = *pending.mutable_turns(0);
    turn.clear_add();
    turn.add_add(id_letters('b'));
    turn.add_add(id_letters('a'));
    CHECK(answered(m) == bad);
    turn.clear_add();
    turn.add_add(id_letters('a'));
    turn.add_add(id_letters('a'));
    CHECK(answered(m) == bad);
  }
  SECTION("devices of one party") {
    auto& turn = *pending.mutable_turns(0);
    turn.clear_remove();
    for (std::size_t i = 0; i < party_devices_max; ++i) {
      auto d = letters(16);
      d[0] = static_cast<char>(i >> 8);
      d[1] = static_cast<char>(i & 0xff);
      turn.add_remove(d);
    }
    CHECK(answered(m) == ok);
    turn.add_remove(std::string(16, '\xff'));
    CHECK(answered(m) == bad);
  }
  SECTION("pushed as news") {
    m = good_answer(26);
    m.mutable_pending()->mutable_packs(0)->set_party("");
    CHECK(answered(m) == bad);
    m = good_answer(25);
    m.mutable_party_changed()->set_n(0);
    CHECK(answered(m) == bad);
  }
}

TEST_CASE("fields of codes, packs and key lists that are handed out") {
  auto m = good_answer(17);
  auto& codes = *m.mutable_answer()->mutable_recovery_codes();
  codes.add_codes("x");
  CHECK(answered(m) == bad);
  codes.mutable_codes()->RemoveLast();
  codes.set_codes(0, letters(second_factor_bytes_max + 1));
  CHECK(answered(m) == bad);
  codes.set_codes(0, letters(second_factor_bytes_max));
  CHECK(answered(m) == ok);

  m = good_answer(18);
  auto& packs = *m.mutable_answer()->mutable_packs();
  packs.set_packs(0, letters(pack_bytes_max + 1));
  CHECK(answered(m) == refusal::object_too_large);
  packs.set_packs(0, letters(pack_bytes_max));
  while (static_cast<std::size_t>(packs.packs_size()) < packs_per_message_max)
    packs.add_packs("x");
  CHECK(answered(m) == ok);
  packs.add_packs("x");
  CHECK(answered(m) == bad);

  m = good_answer(19);
  auto& lists = *m.mutable_answer()->mutable_key_lists();
  lists.set_lists(0, letters(key_list_bytes_max + 1));
  CHECK(answered(m) == refusal::object_too_large);
  lists.set_lists(0, letters(key_list_bytes_max));
  CHECK(answered(m) == ok);

  m = good_answer(20);
  m.mutable_answer()->mutable_station()->set_device("");
  CHECK(answered(m) == bad);
}

} // namespace wardline::wire
