#include "e2ee/pack_seal.hpp"
#include "e2ee/hpke.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::e2ee {

namespace {

struct run_of_epochs {
  std::uint32_t first;
  std::uint32_t last;
};

/// The epochs from `earliest` (1 or later) to the head whose seeds are held: runs without gaps, newest first.
std::vector<run_of_epochs> runs_held(const party_keys& held, const party_chain& chain,
                                     std::uint32_t earliest) {
  std::vector<run_of_epochs> out;
  for (auto n = chain.head(); n >= earliest; --n) {
    if (held.seed(chain.party, n) == nullptr)
      continue;
    bool goes_on =
        !out.empty() && out.back().first == n + 1 && out.back().last - n < std::uint32_t{pack_epochs_max};
    if (goes_on)
      out.back().first = n;
    else if (out.size() < packs_max)
      out.push_back({n, n});
    else
      break;
  }
  return out;
}

wiped_bytes joined_seeds(const party_keys& held, const party_id& party, const run_of_epochs& run) {
  wiped_bytes out{(std::size_t{run.last} - run.first + 1) * secret32::size};
  auto* to = out.value.data();
  for (auto n = run.first; n <= run.last; ++n, to += secret32::size)
    std::memcpy(to, held.seed(party, n)->data(), secret32::size);
  return out;
}

bool is_inbox_of(const secret32& seed, const clinic_id& clinic, const party_id& party, std::uint32_t n,
                 const public_key& inbox) {
  auto derived = inbox_of(clinic, party, n, seed).public_part;
  return sodium_memcmp(derived.data(), inbox.data(), inbox.size()) == 0;
}

} // namespace

expected<std::vector<bytes>> make_packs(const clinic_id& clinic, const party_chain& chain,
                                        const party_keys& held, const pack_order& order,
                                        const standing& known, const signing_key& signing) {
  auto facts = known.device(order.receiver);
  auto certificate = facts ? facts->certificate : hash32{};
  if (auto why = check_pack_receiver(chain, order.receiver, certificate, known); why != refusal::none)
    return why;
  if (order.link_times.size() != chain.head())
    return refusal::needs;
  auto earliest = first_epoch_for(order.history_from, order.link_times);
  if (earliest == 0)
    return refusal::key_list_not_allowed;
  auto runs = runs_held(held, chain, earliest);
  if (runs.empty())
    return refusal::needs;
  std::vector<bytes> out;
  for (const auto& run : runs) {
    pack_fields fields;
    fields.party = chain.party;
    fields.receiver = order.receiver;
    fields.receiver_certificate = certificate;
    fields.first = run.first;
    fields.last = run.last;
    fields.last_core = chain.at(run.last)->hash;
    auto plain = joined_seeds(held, chain.party, run);
    auto sealed = hpke_seal(facts->sealing, pack_info(clinic, fields), plain.value);
    if (!sealed)
      return sealed.why();
    std::copy_n(sealed->begin(), fields.enc.size(), fields.enc.begin());
    fields.ct.assign(sealed->begin() + hpke_enc_size, sealed->end());
    out.push_back(sign_object(clinic, fields, {{signing, labels::pack}}));
  }
  return out;
}

expected<opened_pack> open_pack(const clinic_id& clinic, const history_pack& pack, const party_chain& chain,
                                const sealed_for& own, const standing& known,
                                const std::optional<device_id>& giver) {
  if (pack.receiver != own.device || pack.receiver_certificate != own.certificate)
    return refusal::not_for_me;
  auto signer = check_pack(pack, chain, giver, known);
  if (!signer)
    return signer.why();
  bytes sealed{pack.enc.begin(), pack.enc.end()};
  sealed.insert(sealed.end(), pack.ct.begin(), pack.ct.end());
  auto plain = hpke_open(own.sealing, pack_info(pack), sealed);
  if (!plain)
    return refusal::seed_not_openable;
  opened_pack out;
  out.party = pack.party;
  out.giver = *signer;
  bytes_view rest{plain->value};
  for (auto n = pack.first; !rest.empty(); ++n, rest = rest.subspan(secret32::size)) {
    secret32 seed{rest.first(secret32::size)};
    if (is_inbox_of(seed, clinic, pack.party, n, chain.at(n)->inbox))
      out.seeds.emplace(n, std::move(seed));
    else
      out.dropped.push_back(n);
  }
  return out;
}

} // namespace wardline::e2ee
