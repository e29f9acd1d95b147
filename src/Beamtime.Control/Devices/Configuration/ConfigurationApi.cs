using System.Text.Json;
using System.Text.Json.Nodes;
using Beamtime.Core.Access;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Devices.Configuration;

/// <summary>A device configuration as REST tells it.</summary>
/// <param name="Revision">Its number.</param>
/// <param name="Devices">The devices by name, under the keys of the file.</param>
/// <param name="Failed">Enabled devices that cannot be used, each with its reason.</param>
/// <param name="UnderWay">How far a change is; null while there is none.</param>
internal sealed record ConfigurationView(
    int Revision, JsonObject Devices, IReadOnlyList<FailedDevice> Failed, RosterProgress? UnderWay);

/// <summary>Devices that are added, set or changed.</summary>
internal sealed record ConfigurationDevicesRequest
{
    /// <summary>Devices by name, under the keys of the file; in an update only the keys that change, null to take one away.</summary>
    public required JsonElement Devices { get; init; }

    /// <summary>Why, for the history.</summary>
    public string Reason { get; init; } = "";
}

/// <summary>Devices that are removed or tried again.</summary>
internal sealed record ConfigurationNamesRequest
{
    /// <summary>Their names; for a retry none means all that failed.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Why, for the history.</summary>
    public string Reason { get; init; } = "";

    /// <summary>True to let the last device go as well.</summary>
    public bool Confirm { get; init; }
}

/// <summary>A change that needs no devices.</summary>
internal sealed record ConfigurationPlainRequest
{
    /// <summary>Why, for the history.</summary>
    public string Reason { get; init; } = "";

    /// <summary>True to let all devices go.</summary>
    public bool Confirm { get; init; }
}

/// <summary>The device configuration over REST.</summary>
internal static class ConfigurationApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of the device configuration.</summary>
        public IEndpointRouteBuilder MapDeviceConfiguration()
        {
            routes.MapGet("/device-configuration", ViewAsync).RequirePermission("devices.read")
                .WithSummary("The device configuration in force, its failed devices and how far a change is")
                .Produces<ConfigurationView>();
            routes.MapGet("/device-configuration/revisions", ListAsync).RequirePermission("devices.read")
                .WithSummary("All device configurations, newest first, with who and why")
                .Produces<ConfigurationRevision[]>();
            routes.MapGet("/device-configuration/revisions/{revision:int}", FindAsync).RequirePermission("devices.read")
                .WithSummary("An earlier device configuration")
                .Produces<ConfigurationView>();
            Map<ConfigurationDevicesRequest>("add", ConfigurationAction.Add, "Adds devices", (r, c) => c with { Devices = r.Devices, Reason = r.Reason });
            Map<ConfigurationDevicesRequest>("set", ConfigurationAction.Set, "Puts another configuration in the place of the present one", (r, c) => c with { Devices = r.Devices, Reason = r.Reason });
            Map<ConfigurationDevicesRequest>("update", ConfigurationAction.Update, "Changes something about devices; taken back when a device fails", (r, c) => c with { Devices = r.Devices, Reason = r.Reason });
            Map<ConfigurationNamesRequest>("remove", ConfigurationAction.Remove, "Removes devices", (r, c) => c with { Names = r.Names, Reason = r.Reason, IsConfirmed = r.Confirm });
            Map<ConfigurationNamesRequest>("retry", ConfigurationAction.Retry, "Connects devices that failed anew", (r, c) => c with { Names = r.Names, Reason = r.Reason });
            Map<ConfigurationPlainRequest>("reload", ConfigurationAction.Reload, "Constructs and connects all devices anew", (r, c) => c with { Reason = r.Reason });
            Map<ConfigurationPlainRequest>("reset", ConfigurationAction.Reset, "Removes all devices", (r, c) => c with { Reason = r.Reason, IsConfirmed = r.Confirm });
            Map<ConfigurationPlainRequest>("cancel", ConfigurationAction.Cancel, "Takes back the change that is under way", (r, c) => c with { Reason = r.Reason });
            routes.MapPost("/device-configuration/revisions/{revision:int}/restore", RestoreAsync).RequirePermission("devices.configure")
                .WithSummary("Brings an earlier device configuration back")
                .Produces<ConfigurationAnswer>();
            return routes;

            void Map<T>(string verb, ConfigurationAction action, string summary, Func<T, ConfigurationCommand, ConfigurationCommand> fill) =>
                routes.MapPost(
                        $"/device-configuration/{verb}",
                        async (T request, Caller caller, ConfigurationDesk desk, CancellationToken cancel) => TypedResults.Ok(
                            await desk.AskAsync(fill(request, new ConfigurationCommand { Action = action, Who = caller.Who.Value }), cancel)))
                    .RequirePermission("devices.configure").WithSummary(summary).Produces<ConfigurationAnswer>();
        }
    }

    private static async Task<IResult> ViewAsync(ConfigurationDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.ViewAsync(cancel));

    private static async Task<IResult> ListAsync(ConfigurationDesk desk, CancellationToken cancel, int limit = 50) =>
        TypedResults.Ok((await desk.ListAsync(Math.Clamp(limit, 1, 1000), cancel)).ToArray());

    private static async Task<IResult> FindAsync(int revision, ConfigurationDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.FindAsync(revision, cancel));

    private static async Task<IResult> RestoreAsync(
        int revision, ConfigurationPlainRequest request, Caller caller, ConfigurationDesk desk, CancellationToken cancel) =>
        TypedResults.Ok(await desk.AskAsync(
            new ConfigurationCommand
            {
                Action = ConfigurationAction.Restore,
                Who = caller.Who.Value,
                Revision = revision,
                Reason = request.Reason,
                IsConfirmed = request.Confirm,
            },
            cancel));
}
