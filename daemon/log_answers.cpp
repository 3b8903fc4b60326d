#include "log_answers.hpp"
#include "audit_rows.hpp"
#include "e2ee/checkpoint.hpp"
#include "people_rows.hpp"
#include "stored.hpp"

namespace wardline::daemon {

namespace {

struct answering {
  const ports::reader& rows;
  admin::log_report& out;

  refusal operator()(const admin::log_head_question&) const {
    auto clinic = read_row<rows::clinic>(rows, ports::table::meta, view(rows::clinic_key));
    if (!clinic)
      return refusal::not_found;
    auto root = read_object(rows, clinic->row.root);
    auto server = read_object(rows, clinic->row.server);
    if (!root || !server)
      return refusal::value_not_openable;
    out.root = std::move(root->raw);
    out.server = std::move(server->raw);
    return refusal::none;
  }

  /// Paged by what one scan gives; exactly as many as asked for, or a refusal.
  refusal operator()(const admin::log_leaves_question& q) const {
    if (q.first >= out.size || q.count > out.size - q.first)
      return refusal::not_found;
    for (std::uint64_t got = 0; got < q.count;) {
      auto next = q.first + got;
      auto page = rows.scan(ports::table::leaf, {}, next == 0 ? bytes{} : ports::row_key(next - 1),
                            static_cast<std::size_t>(q.count - got));
      for (const auto& row : page) {
        if (!row.openable || ports::row_number(row.key) != q.first + got ||
            row.value.size() != rules::leaf_data_bytes)
          return refusal::value_not_openable;
        out.leaves.insert(out.leaves.end(), row.value.begin(), row.value.end());
        ++got;
      }
      if (page.empty())
        return refusal::value_not_openable;
    }
    return refusal::none;
  }

  refusal operator()(const admin::log_inclusion_question& q) const {
    if (q.leaf >= out.size)
      return refusal::not_found;
    auto leaf = rows.read(ports::table::leaf, ports::row_key(q.leaf));
    auto proof = rules::inclusion_proof(q.leaf, out.size, tree_rows_of(rows));
    if (!leaf || !proof)
      return refusal::value_not_openable;
    out.leaves = leaf.value;
    out.proof = std::move(*proof);
    auto entry = read_entry(rows, q.leaf);
    if (!entry) // a destroyed entry leaves its proof as good as before
      return entry.why() == refusal::value_not_openable ? refusal::none : entry.why();
    out.salted_entry = to_bytes(entry->salt);
    out.salted_entry.insert(out.salted_entry.end(), entry->entry.begin(), entry->entry.end());
    return refusal::none;
  }

  refusal operator()(const admin::log_consistency_question& q) const {
    if (q.old_size == 0 || q.old_size > out.size)
      return refusal::not_found;
    auto proof = rules::consistency_proof(q.old_size, out.size, tree_rows_of(rows));
    if (!proof)
      return refusal::value_not_openable;
    out.proof = std::move(*proof);
    return refusal::none;
  }
};

} // namespace

bytes answer_log(const ports::reader& rows, const std::string& origin, const public_key& key,
                 bytes_view frame) {
  admin::log_report out;
  auto question = admin::decode_log_question(frame);
  auto newest = read_checkpoint(rows);
  if (!question || !newest) {
    out.why = question ? newest.why() : question.why();
    return admin::encode(out);
  }
  out.size = newest->size;
  out.note = std::move(newest->note);
  out.verifier_key = e2ee::verifier_key(origin, key);
  if (auto why = std::visit(answering{rows, out}, *question); why != refusal::none) {
    out = {};
    out.why = why;
  }
  return admin::encode(out);
}

} // namespace wardline::daemon
