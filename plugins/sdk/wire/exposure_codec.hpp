#pragma once
// What a device that was turned out could open and had open, and the last word to it, between protobuf and
// device.hpp. Private to the sources of this folder.
#include "wire/codec.hpp"
#include "wire/device.hpp"

namespace wardline::device::v1 {
class Request;
class Answer;
class FromDaemon;
class GetExposure;
class Exposure;
class WipeOrder;
} // namespace wardline::device::v1

namespace wardline::wire::device {

void put(wardline::device::v1::Request& to, const get_exposure& a);
void put(wardline::device::v1::Answer& to, const exposure& a);
void put(wardline::device::v1::FromDaemon& to, const wipe_order& a);

void take(codec::fields& in, get_exposure& out, const wardline::device::v1::GetExposure& m);
void take(codec::fields& in, exposure& out, const wardline::device::v1::Exposure& m);
void take(codec::fields& in, wipe_order& out, const wardline::device::v1::WipeOrder& m);

} // namespace wardline::wire::device
