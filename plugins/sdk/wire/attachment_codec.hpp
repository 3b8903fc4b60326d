#pragma once
// Chunks of attachments between protobuf and device_attachments.hpp. Private to the sources of this folder.
#include "wire/codec.hpp"
#include "wire/device_attachments.hpp"

namespace wardline::device::v1 {
class Request;
class Answer;
class GetUpload;
class PutChunk;
class GetChunk;
class Upload;
class Chunk;
} // namespace wardline::device::v1

namespace wardline::wire::device {

void put(wardline::device::v1::Request& to, const get_upload& a);
void put(wardline::device::v1::Request& to, const put_chunk& a);
void put(wardline::device::v1::Request& to, const get_chunk& a);
void put(wardline::device::v1::Answer& to, const upload& a);
void put(wardline::device::v1::Answer& to, const chunk& a);

void take(codec::fields& in, get_upload& out, const wardline::device::v1::GetUpload& m);
void take(codec::fields& in, put_chunk& out, const wardline::device::v1::PutChunk& m);
void take(codec::fields& in, get_chunk& out, const wardline::device::v1::GetChunk& m);
void take(codec::fields& in, upload& out, const wardline::device::v1::Upload& m);
void take(codec::fields& in, chunk& out, const wardline::device::v1::Chunk& m);

} // namespace wardline::wire::device
