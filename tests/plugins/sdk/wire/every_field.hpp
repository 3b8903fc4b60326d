#pragma once
// Every field of a protobuf message is there, at every depth: a codec that forgets one is found out.
#include <catch2/catch.hpp>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

namespace wardline::tests {

inline void check_every_field(const google::protobuf::Message& m) {
  using google::protobuf::FieldDescriptor;
  const auto& reflection = *m.GetReflection();
  for (int i = 0; i < m.GetDescriptor()->field_count(); ++i) {
    const auto* field = m.GetDescriptor()->field(i);
    INFO(field->full_name());
    bool is_message = field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    if (field->is_repeated()) {
      CHECK(reflection.FieldSize(m, field) > 0);
      for (int k = 0; is_message && k < reflection.FieldSize(m, field); ++k)
        check_every_field(reflection.GetRepeatedMessage(m, field, k));
    } else if (reflection.HasField(m, field)) {
      if (is_message)
        check_every_field(reflection.GetMessage(m, field));
    } else {
      CHECK(field->real_containing_oneof() != nullptr); // of a oneof, one is enough
    }
  }
}

} // namespace wardline::tests
