#include "password_worker.hpp"
#include "wire/secret.hpp"

namespace wardline {

password_actor::behavior_type password_worker(password_actor::stateful_pointer<password_worker_state> self,
                                              ports::passwords* passwords) {
  auto& st = self->state;
  st.passwords = passwords;
  return {
      // By mutable reference: CAF then gives the handler a copy of its own, which is wiped here.
      [&st](check_password& m) {
        bool right = st.passwords->verify(m.stored, m.password);
        wipe_text(m.password);
        return password_checked{right};
      },
      [&st](make_password_hash& m) {
        auto phc = st.passwords->hash(m.password);
        wipe_text(m.password);
        return password_hash{phc.value_or("")};
      },
  };
}

} // namespace wardline
