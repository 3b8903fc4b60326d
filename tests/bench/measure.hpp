#pragma once
// What every measurement needs: the clock, what the system says of a process and of itself, and an end when
// a figure cannot be had.
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace wardline::bench {

std::uint64_t now_ms();
double now_seconds();

/// Of all processes of the machine, averaged over the last minute: whoever reads a figure must know what else
/// ran.
double load_average();

/// User and system time of a process, all its threads, to the nanosecond.
double cpu_seconds_of(int pid);

/// Since it started, all processors together, in steps of 10 ms.
double cpu_seconds_of_machine();

/// The figure behind NAME: in a file of /proc.
std::optional<std::uint64_t> field_of(const std::filesystem::path& file, const std::string& name);
/// write_bytes of /proc/PID/io, or of "self"; nothing if it cannot be read.
std::optional<std::uint64_t> written_bytes_of(const std::string& process);

/// By everybody, to the disk that a folder lies on; nothing if the system does not tell.
std::optional<std::uint64_t> bytes_written_to_disk_of(const std::filesystem::path& folder);

/// The value that `share` (0..1) of all are below. Sorts.
double quantile(std::vector<double>& values, double share);
double median(std::vector<double> values);

/// null where the system does not tell.
nlohmann::json or_null(const std::optional<double>& figure);

[[noreturn]] void give_up(const std::string& why);
/// An order or a count that must hold whatever the machine is busy with.
void need(bool holds, const std::string& what);

} // namespace wardline::bench
