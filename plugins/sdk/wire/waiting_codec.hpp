#pragma once
// Inbox, duty and wakes between protobuf and device.hpp. Private to the sources of this folder.
#include "wire/codec.hpp"
#include "wire/device.hpp"

namespace wardline::device::v1 {
class Inbox;
class Duties;
class Wake;
} // namespace wardline::device::v1

namespace wardline::wire::device {

void put_waiting(wardline::device::v1::Inbox& to, const inbox& a);
void put_waiting(wardline::device::v1::Duties& to, const duties& a);
void put_waiting(wardline::device::v1::Wake& to, const wake& a);

void take(codec::fields& in, inbox& out, const wardline::device::v1::Inbox& m);
void take(codec::fields& in, duties& out, const wardline::device::v1::Duties& m);
void take(codec::fields& in, wake& out, const wardline::device::v1::Wake& m);

} // namespace wardline::wire::device
