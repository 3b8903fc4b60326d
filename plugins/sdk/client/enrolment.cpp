#include "client/enrolment.hpp"
#include "client/because.hpp"
#include "e2ee/chains.hpp"
#include <sodium.h>

namespace wardline::client {

namespace {

std::optional<rows::enrolment> keys_on_the_way(const vault& rows) {
  auto cell = rows.read_cell(secret_cell::enrolment);
  return cell ? rows::decode<rows::enrolment>(cell->value) : std::nullopt;
}

/// Without the log an object can be verified up to its place there; the proofs follow at the first log-in.
refusal up_to_the_log(refusal why) {
  return why == refusal::not_in_log ? refusal::none : why;
}

/// Words of second registrars by what they are about.
using second_words = std::map<hash32, e2ee::cosignature>;

std::optional<e2ee::cosignature> word_on(const second_words& all, const hash32& object) {
  auto found = all.find(object);
  return found == all.end() ? std::nullopt : std::optional{found->second};
}

/// Of an object of a chain, by its kind.
std::optional<e2ee::cosignature> word_on(const second_words& all, e2ee::kind k, bytes_view raw,
                                         const clinic_id& clinic) {
  if (k == e2ee::kind::invitation)
    if (auto x = e2ee::signed_invitation::decode(raw, clinic))
      return word_on(all, x->hash());
  if (k == e2ee::kind::device)
    if (auto x = e2ee::device_certificate::decode(raw, clinic))
      return word_on(all, x->hash());
  return std::nullopt; // the identity key needs nobody
}

/// Admits what the invitation hangs on, in the order of the chain, into a trust state of its own. The proofs
/// are fetched later: positions are the chain's, and time 0 lets no date decide anything here.
refusal admit_chain(const std::vector<bytes>& chain, e2ee::trust& t, std::vector<hash32>& hashes,
                    second_words& words) {
  std::uint64_t position = 0;
  for (const auto& raw : chain) {
    auto k = e2ee::peek_kind(raw);
    if (k && *k == e2ee::kind::cosign) {
      auto word = e2ee::cosignature::decode(raw, t.clinic());
      if (!word)
        return word.why();
      words.insert_or_assign(word->of_object, *word);
      continue;
    }
    e2ee::evidence place{e2ee::log_place{position++, 0},
                         k ? word_on(words, *k, raw, t.clinic()) : std::nullopt};
    auto take = [&](const auto& admitted) {
      if (admitted)
        hashes.push_back(admitted->hash());
      return admitted.why();
    };
    auto why = !k                             ? k.why()
               : *k == e2ee::kind::registrar  ? take(e2ee::admit_registrar(raw, t, place))
               : *k == e2ee::kind::invitation ? take(e2ee::admit_invitation(raw, t, place))
               : *k == e2ee::kind::device     ? take(e2ee::admit_device(raw, t, place))
                                              : refusal::unknown_kind;
    if (why != refusal::none)
      return why;
  }
  return refusal::none;
}

} // namespace

refusal enrolment::load() {
  core_.me.reset();
  auto raw = core_.rows.get(table::device, rows::key_of("device"));
  if (!raw)
    return raw.why() == refusal::not_found ? refusal::none : raw.why();
  auto row = rows::decode<rows::device>(raw->value);
  if (!row)
    return refusal::value_not_openable;
  core_.me = std::move(*row);
  // The cell outlived its commit only if the crash came between the two.
  return core_.rows.made() ? burn_keys() : refusal::none;
}

refusal enrolment::save() {
  store_changes changes;
  wiped_bytes row{rows::encode(*core_.me)};
  core_.rows.put(changes, table::device, rows::key_of("device"), row.value);
  return core_.commit(std::move(changes));
}

/// Keys first, then the row that says they exist: a crash in between leaves an empty store and stray keys.
refusal enrolment::begin(const invitation_file& file) {
  auto half = secret32::random();
  if (auto why = core_.rows.write_cell(secret_cell::local_half, half.view()); why != refusal::none)
    return why;
  auto signing = e2ee::signing_key::random();
  auto sealing = e2ee::x25519_pair::random();
  rows::enrolment keys{signing.seed().copy(), sealing.secret.copy(), file.seed.copy()};
  wiped_bytes cell{rows::encode(keys)};
  if (auto why = core_.rows.write_cell(secret_cell::enrolment, cell.value); why != refusal::none)
    return why;
  auto noise = wire::noise_key_pair::random();
  rows::device me;
  me.clinic = file.clinic;
  randombytes_buf(me.id.value.data(), me.id.value.size());
  me.identity_key = file.identity_key;
  me.server_noise_key = file.server_noise_key;
  me.noise_public = noise.pub;
  me.noise_secret = std::move(noise.secret);
  me.endpoint = file.endpoint;
  me.server_curve_key = file.server_curve_key;
  me.client_curve_public = file.client_curve_public;
  me.client_curve_secret = file.client_curve_secret.copy();
  me.invitation = file.invitation;
  core_.me = std::move(me);
  auto why = save();
  if (why != refusal::none)
    core_.me.reset();
  return why;
}

session_identity enrolment::identity(bool enrolling) const {
  const auto& me = *core_.me;
  session_identity out;
  out.clinic = me.clinic;
  out.server_noise_key = me.server_noise_key;
  out.noise.secret = me.noise_secret.copy();
  out.noise.pub = me.noise_public;
  if (enrolling)
    return out;
  out.device = me.id;
  out.store_instance = core_.rows.instance();
  if (auto own = e2ee::device_certificate::decode(me.certificate, me.clinic))
    out.certificate_hash = own->hash();
  return out;
}

void enrolment::enrol(const invitation_file& file, std::string code, credentials_ref given, ended then) {
  if (core_.me && core_.me->invitation != file.invitation) {
    then(because(refusal::already_exists));
    return;
  }
  if (!core_.me)
    if (auto why = begin(file); why != refusal::none) {
      then(because(why));
      return;
    }
  if (auto why = keep(given->given); why != refusal::none) {
    then(because(why));
    return;
  }
  core_.link.stop();
  core_.link.drop_all();
  core_.link.start(identity(true), core_.now());
  if (core_.me->certificate.empty())
    show(code, given, then);
  else
    submit(code, given, then); // the answer got lost: the same bytes again get the same answer
}

void enrolment::show(const std::string& code, const credentials_ref& given, const ended& then) {
  wire::device::show_invitation request{core_.me->invitation, code};
  core_.link.ask_for<wire::device::invitation>(
      request, [this, code, given, then](result<wire::device::invitation> shown) {
        if (!shown) {
          then(shown.no);
          return;
        }
        if (auto why = certify(*shown); why != refusal::none)
          then(because(why));
        else
          submit(code, given, then);
      });
}

/// Everything the invitation hangs on is verified down from the identity key of the file; then the
/// certificate is made, and kept with the pins before anybody sees it.
refusal enrolment::certify(const wire::device::invitation& shown) {
  auto& me = *core_.me;
  e2ee::trust t{me.clinic, me.identity_key};
  if (auto root = e2ee::admit_root(shown.root, t); !root)
    return root.why();
  if (t.identity() != me.identity_key)
    return refusal::wrong_identity_key;
  if (auto server = e2ee::admit_server(shown.server, t); !server)
    return server.why();
  if (auto why = e2ee::check_responder(t, me.server_noise_key); why != refusal::none)
    return why;
  std::vector<hash32> hangs_on;
  second_words words;
  if (auto why = admit_chain(shown.chain, t, hangs_on, words); why != refusal::none)
    return why;
  auto invited = e2ee::signed_invitation::decode(shown.invitation_object, me.clinic);
  if (!invited)
    return invited.why();
  if (auto why = up_to_the_log(e2ee::verify(*invited, t, {std::nullopt, word_on(words, invited->hash())}));
      why != refusal::none)
    return why;
  auto keys = keys_on_the_way(core_.rows);
  if (!keys || !keys->invitation_seed)
    return refusal::store_not_openable;
  auto invitation_key = e2ee::signing_key::from_seed(keys->invitation_seed->copy());
  bool mine = invited->invitation == me.invitation && invited->invitation_key == invitation_key.public_part();
  if (!mine)
    return refusal::not_for_me;
  auto signing = e2ee::signing_key::from_seed(keys->signing_seed.copy());
  auto sealing = e2ee::x25519_pair::from_secret(keys->sealing_secret.copy());
  e2ee::device_fields own;
  own.device = me.id;
  own.serial = 1;
  own.invitation = invited->hash();
  own.user = invited->user;
  own.of_class = invited->of_class;
  own.parties = invited->parties;
  own.display_name = invited->display_name;
  own.signing_key = signing.public_part();
  own.noise_key = me.noise_public;
  own.sealing_key = sealing.public_part;
  own.from = core_.now();
  own.until = core_.now() + certificate_ms;
  hangs_on.push_back(invited->hash());
  me.root = shown.root;
  me.server = shown.server;
  me.chain = std::move(hangs_on);
  me.certificate = e2ee::sign_object(
      me.clinic, own, {{invitation_key, e2ee::labels::device}, {signing, e2ee::labels::device_possession}});
  if (auto why = save(); why != refusal::none)
    return why;
  keys->invitation_seed.reset(); // it has made its one certificate
  wiped_bytes cell{rows::encode(*keys)};
  return core_.rows.write_cell(secret_cell::enrolment, cell.value);
}

void enrolment::submit(const std::string& code, const credentials_ref& given, const ended& then) {
  wire::device::enrol request{core_.me->invitation, code, core_.me->certificate, {}};
  // Only a person's first device brings these; a further one logs in with what she has.
  if (const auto& mine = given->given; !mine.totp_secret.empty()) {
    request.password = mine.password;
    request.totp_secret = mine.totp_secret;
    request.second_factor = mine.second_factor;
  }
  core_.link.ask_for<wire::device::enrolled>(std::move(request),
                                             [this, then](result<wire::device::enrolled> answer) {
                                               if (!answer) {
                                                 then(answer.no);
                                                 return;
                                               }
                                               core_.me->enrolled = true;
                                               then(because(save()));
                                             });
}

held_credentials::~held_credentials() {
  wipe_text(given.password);
  wipe(given.totp_secret);
  wipe_text(given.second_factor);
}

/// Before anything is sent: whoever goes on with this enrolment has the secret that the daemon may have.
refusal enrolment::keep(const credentials& given) {
  auto keys = keys_on_the_way(core_.rows);
  if (!keys)
    return refusal::store_not_openable;
  if (keys->totp_secret.value == given.totp_secret)
    return refusal::none;
  keys->totp_secret = wiped_bytes{given.totp_secret};
  wiped_bytes cell{rows::encode(*keys)};
  return core_.rows.write_cell(secret_cell::enrolment, cell.value);
}

wiped_bytes enrolment::totp_secret() const {
  auto keys = keys_on_the_way(core_.rows);
  return keys ? std::move(keys->totp_secret) : wiped_bytes{};
}

refusal enrolment::make_inner(std::uint32_t number, const secret32& share, store_changes& changes) {
  auto keys = keys_on_the_way(core_.rows);
  if (!keys)
    return refusal::store_not_openable;
  if (auto why = core_.rows.make(core_.me->id, number, share, changes); why != refusal::none)
    return why;
  wiped_bytes outer{rows::encode(*core_.me)};
  rows::keys inner{keys->signing_seed.copy(), keys->sealing_secret.copy(), sha256(outer.value)};
  wiped_bytes row{rows::encode(inner)};
  core_.rows.put(changes, table::keys, rows::key_of("keys"), row.value);
  return refusal::none;
}

refusal enrolment::burn_keys() {
  return core_.rows.burn_cell(secret_cell::enrolment);
}

} // namespace wardline::client
