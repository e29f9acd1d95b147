using System.Collections.Concurrent;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Beamtime.Core.Database;
using Beamtime.Roles;
using Beamtime.Tests.Roles;
using Beamtime.Tests.Support;
using Npgsql;

namespace Beamtime.Tests.Drill;

/// <summary>A facility whose parts are processes of their own: PostgreSQL, Redis, and one process a role.</summary>
internal sealed class DrillFacility : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly ConcurrentDictionary<string, RunningProgram> _roles = [];
    private readonly TemporaryFolder _folder;
    private RunningProgram? _standby;

    private DrillFacility(TemporaryFolder folder, FacilityPostgres postgres, RedisServer redis) =>
        (_folder, Postgres, Redis) = (folder, postgres, redis);

    /// <summary>The roles, by name.</summary>
    public static IReadOnlyList<string> Roles { get; } = [.. RoleSet.All.Roles.Select(RoleSet.NameOf)];

    /// <summary>The database server.</summary>
    public FacilityPostgres Postgres { get; }

    /// <summary>The server of topics.</summary>
    public RedisServer Redis { get; }

    private RunningProgram Api => _roles["api"];

    /// <summary>Starts all of it.</summary>
    public static async Task<DrillFacility> StartAsync(CancellationToken cancel)
    {
        var folder = TemporaryFolder.Create("drill");
        KillSite.Make(folder["site"]);
        await File.WriteAllBytesAsync(folder["secret"], RandomNumberGenerator.GetBytes(32), cancel);
        File.SetUnixFileMode(folder["secret"], UnixFileMode.UserRead);
        var redis = await RedisServer.StartAsync();
        var postgres = await FacilityPostgres.StartAsync(folder["server"], cancel);
        var facility = new DrillFacility(folder, postgres, redis);
        try
        {
            // All at once and in no order, as a facility's machines come up.
            await Task.WhenAll(Roles.Select(role => facility.StartAsync(role, cancel)));
            facility._standby = await facility.RunAsync("scheduler", cancel);
            return facility;
        }
        catch
        {
            await facility.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the process of a role.</summary>
    public async Task StartAsync(string role, CancellationToken cancel) => _roles[role] = await RunAsync(role, cancel);

    private Task<RunningProgram> RunAsync(string role, CancellationToken cancel) => RunningProgram.RunAsync(
        _folder["site"],
        _folder["data"],
        new Dictionary<string, string>
        {
            ["DATABASE_URL"] = Postgres.Url,
            ["REDIS_URL"] = Redis.TcpUrl,
            ["BEAMTIME_SECRET_FILE"] = _folder["secret"],
        },
        cancel,
        "serve",
        "--roles",
        role);

    /// <summary>Kills the process of a role with signal 9.</summary>
    public Task KillAsync(string role, CancellationToken cancel) => _roles[role].KillAsync(cancel);

    /// <summary>Ticks of the schedule that were made, seconds that it has been due for, and the longest time without a tick, s.</summary>
    public async Task<(long Ticks, long Due, double LongestGap)> TicksAsync(CancellationToken cancel)
    {
        // Not from a pool, in which connections to a server lie that was killed.
        var server = DatabaseUrl.Parse(Postgres.Url);
        server.Pooling = false;
        await using var connection = new NpgsqlConnection(server.ConnectionString);
        await connection.OpenAsync(cancel);
        await using var command = new NpgsqlCommand(
            """
            select count(*), (extract(epoch from max(due) - min(due)) + 1)::bigint, coalesce(max(extract(epoch from made_at - before)), 0)::float8
            from (select due, made_at, lag(made_at) over (order by made_at) as before from schedule_ticks) as ticks
            """,
            connection);
        await using var row = await command.ExecuteReaderAsync(cancel);
        await row.ReadAsync(cancel);
        return (row.GetInt64(0), row.GetInt64(1), row.GetDouble(2));
    }

    /// <summary>Posts a document; what the API cannot take now is tried again.</summary>
    public async Task<JsonNode> PostAsync(string path, JsonNode body, CancellationToken cancel)
    {
        for (var waited = TimeProvider.System.GetTimestamp(); ;)
        {
            try
            {
                using var answer = await Api.Http.PostAsJsonAsync(new Uri(path, UriKind.Relative), body, cancel);
                var document = (await answer.Content.ReadFromJsonAsync<JsonNode>(cancel))!;
                if (answer.IsSuccessStatusCode)
                {
                    return document;
                }

                Assert.True((int)answer.StatusCode >= 500 || (int)answer.StatusCode == 409, document.ToJsonString());
            }
            catch (HttpRequestException)
            {
                // The API is the one that was killed.
            }

            Assert.True(TimeProvider.System.GetElapsedTime(waited) < Patience, $"POST {path} was not taken");
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancel);
        }
    }

    /// <summary>Asks again and again until a document is as wanted, whatever is down meanwhile.</summary>
    public async Task<JsonNode> WaitAsync(string path, Func<JsonNode, bool> isWanted, CancellationToken cancel)
    {
        JsonNode? last = null;
        for (var began = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(began) < Patience;)
        {
            try
            {
                using var answer = await Api.Http.GetAsync(new Uri(path, UriKind.Relative), cancel);
                if (answer.IsSuccessStatusCode && isWanted(last = (await answer.Content.ReadFromJsonAsync<JsonNode>(cancel))!))
                {
                    return last;
                }
            }
            catch (HttpRequestException)
            {
                // The API is the one that was killed.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancel);
        }

        throw new TimeoutException($"{path} did not become what was wanted: {last?.ToJsonString(JsonSerializerOptions.Web)}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var role in _roles.Values)
        {
            await role.DisposeAsync();
        }

        if (_standby is not null)
        {
            await _standby.DisposeAsync();
        }

        await Redis.DisposeAsync();
        await Postgres.DisposeAsync();
        _folder.Dispose();
    }
}
