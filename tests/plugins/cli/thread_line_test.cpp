// What a typed line means. A slip of the keyboard never becomes a message.
#include "thread_line.hpp"
#include <catch2/catch.hpp>

using namespace wardline::cli;

TEST_CASE("a line is a message unless it begins with a slash") {
  CHECK(read_thread_line("").act == thread_act::nothing);
  CHECK(read_thread_line("  \t ").act == thread_act::nothing);
  auto text = read_thread_line(" Please come. ");
  CHECK(text.act == thread_act::text);
  CHECK(text.word == "Please come.");
  CHECK(read_thread_line("K 6.1\nNa 131").word == "K 6.1\nNa 131");
  CHECK(read_thread_line("1/2 dose").act == thread_act::text);
  CHECK(read_thread_line("//open").word == "/open");
  CHECK(read_thread_line("//open").act == thread_act::text);
}

TEST_CASE("commands with and without a number") {
  auto open = read_thread_line("/open 12 covering");
  CHECK(open.act == thread_act::open);
  CHECK(open.number == 12);
  CHECK(open.reason == "covering");
  CHECK(read_thread_line("/open").number == 0);
  CHECK(read_thread_line(" /ack  3 ").number == 3);
  CHECK(read_thread_line("/claim").act == thread_act::claim);
  CHECK(read_thread_line("/release 4").act == thread_act::release);
  CHECK(read_thread_line("/level urgent").word == "urgent");
  CHECK(read_thread_line("/with Dr. Ana Weiss").word == "Dr. Ana Weiss");
  CHECK(read_thread_line("/send my ecg.pdf").act == thread_act::send);
  CHECK(read_thread_line("/send my ecg.pdf").word == "my ecg.pdf");
  for (auto line : {"/inbox", "/help", "/quit"})
    CHECK(read_thread_line(line).act != thread_act::wrong);
}

TEST_CASE("what is no command is not sent") {
  for (auto line : {"/", "/ open", "/opne 1", "/Open 1", "/open first", "/open 0", "/ack -1", "/ack 1 2",
                    "/open 1 asked twice", "/ack 4294967296", "/level", "/level very urgent", "/with",
                    "/send", "/quit now"})
    CHECK(read_thread_line(line).act == thread_act::wrong);
}

TEST_CASE("help and completion know every command") {
  std::vector<std::string> names{"nurse1", "nurses", "physician1"};
  for (const auto& c : thread_commands()) {
    auto word = "/" + std::string{c.name};
    CHECK(thread_help().find("  " + word) != std::string::npos);
    CHECK_FALSE(thread_completions(word, names).empty());
    CHECK(read_thread_line(word + (c.arguments.empty() || c.arguments[0] == '[' ? "" : " x")).act == c.act);
  }
  CHECK(thread_completions("/cl", names) == std::vector<std::string>{"/claim "});
  CHECK(thread_completions("/with n", names) == std::vector<std::string>{"/with nurse1", "/with nurses"});
  CHECK(thread_completions("Please", names).empty());
}
