using Beamtime.Control.Devices.Configuration;
using Beamtime.Core.Access;
using Beamtime.Sdk.Devices;
using Beamtime.Sdk.Errors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Beamtime.Control.Devices;

/// <summary>Devices over REST.</summary>
internal static class DeviceApi
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of devices.</summary>
        public IEndpointRouteBuilder MapDevices()
        {
            routes.MapGet("/devices", ListAsync).RequirePermission("devices.read")
                .WithSummary("All devices with their last readings")
                .Produces<DeviceAnswer[]>();
            routes.MapGet("/devices/{device}", ReadAsync).RequirePermission("devices.read")
                .WithSummary("Reads one device now")
                .Produces<DeviceAnswer>();
            routes.MapPost("/devices/{device}/set", SetAsync).RequirePermission("devices.set").OnRepeat(Repeat.IsHarmless)
                .WithSummary("Sets a signal and waits until it is there")
                .Produces<DeviceAnswer>();
            routes.MapPost("/devices/{device}/stop", StopAsync).RequirePermission("devices.stop").OnRepeat(Repeat.IsHarmless)
                .WithSummary("Stops a device at once")
                .Produces<Reason[]>();
            routes.MapPost("/devices/stop", StopManyAsync).RequirePermission("devices.stop").OnRepeat(Repeat.IsHarmless)
                .WithSummary("Stops devices at once: those named, those in use, or all that are not read only")
                .Produces<DeviceStopAnswer>();
            routes.MapGet("/devices/{device}/description", Describe).RequirePermission("devices.read")
                .WithSummary("What a device is: signals, kinds, units, limits, choices and methods")
                .Produces<DeviceDescriptor>();
            routes.MapGet("/devices/{device}/signals/{signal}", ReadSignalAsync).RequirePermission("devices.read")
                .WithSummary("Reads one signal now, or gives its last reading with cached=true")
                .Produces<SignalAnswer>();
            routes.MapPost("/devices/{device}/call/{method}", CallAsync).RequirePermission("devices.read")
                .WithSummary("Calls a method of a device; one that changes it needs devices.set as well")
                .Produces<DeviceCallAnswer>();
            routes.MapGet("/device-previews", FollowPreviews).RequirePermission("devices.read")
                .WithSummary("Server-sent events: thinned frames and curves of devices, 32-bit numbers in base64; device=NAME for some");
            routes.MapGet("/device-events", Follow).RequirePermission("devices.read")
                .WithSummary("Server-sent events: readings of devices as they change; device=NAME for some, all by default");
            return routes.MapDeviceConfiguration();
        }
    }

    private static async Task<IResult> ListAsync(DeviceDesk desk, CancellationToken cancel) =>
        TypedResults.Ok((await desk.ListAsync(cancel)).ToArray());

    private static async Task<IResult> ReadAsync(string device, DeviceDesk desk, CancellationToken cancel, bool cached = false) => cached
        ? TypedResults.Ok(await desk.LastAsync(device, cancel))
        : (await desk.ReadAsync(device, cancel)).Answer(TypedResults.Ok);

    private static async Task<IResult> StopManyAsync(DeviceStopRequest? request, DeviceDesk desk) =>
        TypedResults.Ok(await desk.StopAsync(request ?? new DeviceStopRequest()));

    private static IResult Describe(string device, DeviceDesk desk) => desk.Describe(device).Answer(TypedResults.Ok);

    private static async Task<IResult> ReadSignalAsync(
        string device, string signal, DeviceDesk desk, CancellationToken cancel, bool cached = false) =>
        TypedResults.Ok(await desk.ReadSignalAsync(device, signal, cached, cancel));

    private static async Task<IResult> CallAsync(
        string device, string method, DeviceCallRequest? request, Caller caller, DeviceDesk desk, CancellationToken cancel) => TypedResults.Ok(
        await desk.CallAsync(device, method, request ?? new DeviceCallRequest(), () => caller.Permissions.Include("devices.set"), cancel));

    private static IResult FollowPreviews(DeviceFollower follower, CancellationToken cancel, string[]? device = null) =>
        TypedResults.ServerSentEvents(follower.FollowPreviewsAsync((device ?? []).ToHashSet(StringComparer.Ordinal), cancel));

    private static IResult Follow(DeviceFollower follower, CancellationToken cancel, string[]? device = null) =>
        TypedResults.ServerSentEvents(follower.FollowAsync((device ?? []).ToHashSet(StringComparer.Ordinal), cancel));

    private static async Task<IResult> SetAsync(
        string device, DeviceSetRequest request, DeviceDesk desk, CancellationToken cancel) =>
        DeviceDesk.ValueOf(request.Value) is Accepted<Value>(var target)
            ? (await desk.SetAsync(device, request.Signal, target, cancel)).Answer(TypedResults.Ok)
            : DeviceDesk.ValueOf(request.Value).Answer(_ => TypedResults.Ok());

    private static async Task<IResult> StopAsync(string device, DeviceDesk desk) =>
        (await desk.StopAsync(device)).Answer(failed => TypedResults.Ok(failed.ToArray()));
}
