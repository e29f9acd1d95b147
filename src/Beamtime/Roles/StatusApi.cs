using System.Reflection;
using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Access;
using Beamtime.Core.Database;
using Beamtime.Core.Settings;
using Microsoft.AspNetCore.Mvc;

namespace Beamtime.Roles;

/// <summary>How the program stands.</summary>
/// <param name="Version">The program's version.</param>
/// <param name="Site">The site's name.</param>
/// <param name="Beamline">The beamline.</param>
/// <param name="StartedAt">When the program started, UTC.</param>
/// <param name="IsDatabaseReachable">True when the database answers.</param>
/// <param name="DevicesUsable">Devices that can be used.</param>
/// <param name="DevicesUnusable">Devices that cannot, with the reason.</param>
/// <param name="Running">The scan that runs; null when none does.</param>
/// <param name="Queued">Scans that wait or run.</param>
internal sealed record StatusAnswer(
    string Version,
    string Site,
    string Beamline,
    DateTimeOffset StartedAt,
    bool IsDatabaseReachable,
    int DevicesUsable,
    IReadOnlyDictionary<string, string> DevicesUnusable,
    ScanAnswer? Running,
    int Queued);

/// <summary>Status over REST.</summary>
internal static class StatusApi
{
    /// <summary>The program's version.</summary>
    public static string Version { get; } =
        typeof(StatusApi).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps status.</summary>
        public IEndpointRouteBuilder MapStatus()
        {
            routes.MapGet("/status", StatusAsync).RequirePermission("status.read")
                .WithSummary("How the program stands: devices, queue, database")
                .Produces<StatusAnswer>();
            return routes;
        }
    }

    private static async Task<IResult> StatusAsync(
        Site site,
        StartTime started,
        ScanOptions options,
        [FromServices] DeviceBook? roster,
        [FromServices] ScanStore? scans,
        [FromServices] ScanDesk? desk,
        BeamtimeDatabase database,
        CancellationToken cancel)
    {
        var reachable = await IsReachableAsync(database, cancel);
        ScanAnswer? running = null;
        if (reachable && scans is not null && desk is not null
            && await desk.StatusAsync(cancel) is { Running.Scan: var live } now
            && await scans.FindAsync(options.Beamline, live.ToString(), cancel) is { State.State.IsOver: false } record)
        {
            running = ScanAnswer.Of(record, now);
        }

        return TypedResults.Ok(new StatusAnswer(
            Version,
            site.Name,
            options.Beamline,
            started.At,
            reachable,
            roster?.Usable.Count ?? 0,
            roster?.Unusable.ToDictionary(u => u.Name, u => u.Unusable!.Message) ?? [],
            running,
            reachable && scans is not null ? await scans.CountQueuedAsync(options.Beamline, cancel) : 0));
    }

    private static async Task<bool> IsReachableAsync(BeamtimeDatabase database, CancellationToken cancel)
    {
        try
        {
            await using var command = database.Source.CreateCommand("select 1");
            await command.ExecuteScalarAsync(cancel);
            return true;
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }
}

/// <summary>When the program started.</summary>
/// <param name="At">UTC.</param>
internal sealed record StartTime(DateTimeOffset At);
