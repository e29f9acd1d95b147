using Beamtime.Control.Devices;
using Beamtime.Control.Points;
using Beamtime.Control.Recording;
using Beamtime.Control.Scans;
using Beamtime.Core.Settings;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control;

/// <summary>Registers the half that measures.</summary>
internal static class ControlRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds devices, scans, points and recording of the beamline, with their loops.</summary>
        /// <param name="settings">The effective settings.</param>
        /// <param name="roster">The beamline's devices, connected.</param>
        /// <param name="site">The site.</param>
        /// <param name="dataFolder">The program's data folder; exists.</param>
        public IServiceCollection AddControl(
            EffectiveSettings settings, DeviceRoster roster, Site site, string dataFolder)
        {
            var beamline = settings.Get<ScanOptions>().Beamline;
            return services
                .AddDevices(beamline, roster, Path.Combine(dataFolder, $"{beamline}.device-epoch"))
                .AddScans(beamline)
                .AddPoints()
                .AddRecording(beamline);
        }
    }

    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>Maps the routes of devices, scans and points.</summary>
        public IEndpointRouteBuilder MapControl() => routes.MapDevices().MapScans().MapPoints();
    }
}
