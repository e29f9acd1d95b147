using System.Globalization;

namespace Beamtime.Core.Database;

/// <summary>What the private server is started with: small, durable, reachable over its socket alone.</summary>
internal static class ServerSettings
{
    public static IReadOnlyList<string> Arguments(ClusterFolder folder, DatabaseOptions options)
    {
        Dictionary<string, string> settings = new()
        {
            ["listen_addresses"] = "",
            ["unix_socket_directories"] = folder.SocketFolder,
            ["unix_socket_permissions"] = "0700",
            ["port"] = ClusterFolder.Port.ToString(CultureInfo.InvariantCulture),
            ["max_connections"] = options.MaximumConnections.ToString(CultureInfo.InvariantCulture),
            ["shared_buffers"] = "32MB",
            ["wal_level"] = "minimal",
            ["max_wal_senders"] = "0",
            ["max_parallel_workers"] = "0",
            ["max_parallel_workers_per_gather"] = "0",
            ["max_parallel_maintenance_workers"] = "0",
            ["jit"] = "off",
            ["fsync"] = options.WithoutSync ? "off" : "on",
            ["full_page_writes"] = options.WithoutSync ? "off" : "on",
            ["synchronous_commit"] = options.WithoutSync ? "off" : "on",
            ["max_wal_size"] = "256MB",
            ["logging_collector"] = "off",
            ["log_destination"] = "stderr",
            ["log_line_prefix"] = "",
            ["lc_messages"] = "C",
            ["timezone"] = "UTC",
            ["log_timezone"] = "UTC",
        };
        return
        [
            "-D", folder.Cluster,
            .. settings.SelectMany(setting => new[] { "-c", $"{setting.Key}={setting.Value}" }),
        ];
    }
}
