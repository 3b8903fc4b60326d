// How the scorer takes what stands around a concept: a table of texts with the highest and lowest level that
// is right.
#include "rules_of_tree.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

namespace wardline::clinical {

namespace {

struct row {
  const char* text;
  unsigned most_urgent, least_urgent;
  sender who = sender::patient;
};

const row table[] = {
    // negated forms are the symptom
    {"i cant breathe", 1, 1},
    {"he won't wake up", 1, 1},
    {"there is no pulse", 1, 1},
    {"she can't feel her legs and back hurts", 1, 2},
    {"baby has no tears and no wet diaper since last night", 1, 2},
    // denied
    {"no chest pain, fainting or sob since the stent, when can i swim", 3, 4},
    {"Pt denies chest pain, SOB and syncope. Requesting stress test results.", 3, 4, sender::staff},
    {"not suicidal, need a refill of zoloft", 3, 4},
    // ... up to a word that ends it
    {"no fever but my chest is crushing and im sweating", 1, 1},
    {"no fever. chest pain going down my left arm", 1, 1},
    // only looks like a negation
    {"no relief from the nitro, chest still tight", 1, 1},
    {"not sure if its chest pain or what but it goes to my jaw and im sweating", 1, 1},
    // past and somebody else's
    {"had a seizure as a kid, do i put it on the form", 3, 4},
    {"my mom had a stroke at 60, should i take aspirin", 3, 4},
    {"family history of heart attack, can i get a cholesterol test", 3, 4},
    {"my dog had a seizure last night so i need to reschedule", 3, 4},
    // somebody else's, and now
    {"my husband's face is drooping", 1, 1},
    {"my neighbor collapsed and wont answer", 1, 1},
    // possible
    {"what are the signs of a blood clot i should look for", 3, 5},
    // over: lowers, except what must not be lowered
    {"the rash is gone now", 3, 5},
    {"my speech was slurred for ten minutes, fine now", 1, 1},
    {"passed out at church, feel fine now", 1, 2},
    // manners of speaking
    {"this heat is killing me lol, when is my physical", 3, 5},
    {"nearly had a heart attack when i saw the bill", 3, 5},
    {"im confused about which insurance form to send", 3, 5},
    // ... which do not cancel these
    {"im dying laughing lol but seriously i have a plan to kill myself tonight", 1, 1},
    // spelling, abbreviations, Spanish
    {"having a siezure for 8 mins", 1, 1},
    {"anaphalactic, throat closing", 1, 1},
    {"mi esposo no puede respirar", 1, 1},
    {"dolor de pecho y sudor frio", 1, 1},
    {"quiero matarme", 1, 1},
    {"estoy constipado y con tos", 3, 4},
    // numbers
    {"my baby is 8 weeks old, temp 100.4", 1, 1},
    {"my baby is 8 weeks old, temp 38.0", 1, 1},
    {"my baby is 8 weeks old, temp 98.9", 3, 5},
    {"bp 182/121", 2, 2},
    {"bp 182/121 and blurry vision", 1, 1},
    {"bp 118/76", 3, 5},
    {"K 6.7 on the repeat", 1, 1, sender::staff},
    {"K 4.1 on the repeat", 3, 5, sender::staff},
    {"sugar is 41 and she is confused", 1, 1},
    {"sugar is 110", 3, 5},
    // the office
    {"where do i park", 3, 5},
    {"thank you so much", 5, 5},
    {"need a refill of lisinopril", 4, 4},
};

} // namespace

TEST_CASE("context decides what a mention counts for") {
  for (const auto& r : table) {
    INFO(r.text);
    auto level = level_of(r.text, r.who);
    CHECK(level >= r.most_urgent);
    CHECK(level <= r.least_urgent);
  }
}

TEST_CASE("a result says what fired where, and what did not count and why") {
  const std::string text = "no chest pain, but my face is drooping";
  auto s = score_text(rules_of_tree(), text, sender::patient);
  REQUIRE(s.scored);
  REQUIRE(s.level == 1);
  REQUIRE(s.rules[0].which->id == "stroke_fast");
  REQUIRE(s.rules[0].evidence.size() == 1);
  auto found = s.rules[0].evidence[0];
  CHECK(text.substr(found.begin, found.end - found.begin) == "face is drooping");
  REQUIRE(!s.discarded.empty());
  CHECK(s.discarded[0].why == standing::negated);
  auto where = s.discarded[0].where;
  CHECK(text.substr(where.begin, where.end - where.begin) == "chest pain");
}

TEST_CASE("places are those of the text as it was written") {
  const std::string text = "Señora: ¡DOLOR  DE PECHO! y sudor"; // two-byte letters before what is found
  auto s = score_text(rules_of_tree(), text, sender::patient);
  REQUIRE(s.level == 1);
  bool found = std::any_of(s.rules[0].evidence.begin(), s.rules[0].evidence.end(), [&](const span& e) {
    return text.substr(e.begin, e.end - e.begin) == "DOLOR  DE PECHO";
  });
  CHECK(found);
}

TEST_CASE("nothing said is unscored, and shown as today") {
  for (const char* text : {"", " ", "qwzx", "....", "\xff\xfe"}) {
    auto s = score_text(rules_of_tree(), text, sender::patient);
    CHECK_FALSE(s.scored);
    CHECK(s.level == unscored_level);
  }
}

TEST_CASE("a text that is too long is cut, and then never routine") {
  std::string text = "thank you ";
  while (text.size() <= text_bytes_max)
    text += "so much ";
  auto s = score_text(rules_of_tree(), text, sender::patient);
  CHECK_FALSE(s.scored);
  CHECK(s.level == unscored_level);
  text.resize(text_bytes_max);
  CHECK(score_text(rules_of_tree(), text, sender::patient).level == 5);
}

TEST_CASE("an unknown role is read as a patient") {
  CHECK(sender_of("nurse") == sender::staff);
  CHECK(sender_of("patient") == sender::patient);
  CHECK(sender_of("") == sender::patient);
  CHECK(sender_of("martian") == sender::patient);
}

} // namespace wardline::clinical
