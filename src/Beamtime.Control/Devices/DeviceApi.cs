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
            return routes;
        }
    }

    private static async Task<IResult> ListAsync(DeviceDesk desk, CancellationToken cancel) =>
        TypedResults.Ok((await desk.ListAsync(cancel)).ToArray());

    private static async Task<IResult> ReadAsync(string device, DeviceDesk desk, CancellationToken cancel) =>
        (await desk.ReadAsync(device, cancel)).Answer(TypedResults.Ok);

    private static async Task<IResult> SetAsync(
        string device, DeviceSetRequest request, DeviceDesk desk, CancellationToken cancel) =>
        DeviceDesk.ValueOf(request.Value) is Accepted<Value>(var target)
            ? (await desk.SetAsync(device, request.Signal, target, cancel)).Answer(TypedResults.Ok)
            : DeviceDesk.ValueOf(request.Value).Answer(_ => TypedResults.Ok());

    private static async Task<IResult> StopAsync(string device, DeviceDesk desk) =>
        (await desk.StopAsync(device)).Answer(failed => TypedResults.Ok(failed.ToArray()));
}
