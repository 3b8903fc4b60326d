#pragma once
// What carries a device's channel: the ward's zmq link, the simulation's queue, the bench's sockets.
#include "wire/ids.hpp"

namespace wardline::client {

/// One device's way to the daemon, at most one channel at a time. The session calls it, whoever owns the
/// session implements it, and tells the session with on_channel_data() and on_channel_closed() what came
/// back. None of these may call back into the session before they return.
class pipe {
public:
  virtual ~pipe() = default;
  /// A fresh channel (a number never used on this connection); the one before, if any, is forgotten and
  /// nothing of it is handed in any more. Says later that it failed: on_channel_closed(link_down).
  virtual void open() = 0;
  /// The next Noise message of the open channel, 1..65 535 bytes. What cannot be sent is a cut channel.
  virtual void send(bytes_view payload) = 0;
  /// The open channel ends from this side.
  virtual void close() = 0;
};

} // namespace wardline::client
