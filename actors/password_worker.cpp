#include "password_worker.hpp"

namespace wardline {

password_actor::behavior_type password_worker(password_actor::stateful_pointer<password_worker_state> self,
                                              ports::passwords* passwords) {
  auto& st = self->state;
  st.passwords = passwords;
  return {
      [&st](const check_password& m) {
        return password_checked{st.passwords->verify(m.stored, m.password.text())};
      },
      [&st](const make_password_hash& m) {
        auto phc = st.passwords->hash(m.password.text());
        return password_hash{phc.value_or("")};
      },
  };
}

} // namespace wardline
