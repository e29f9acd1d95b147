using Beamtime.Control.Devices;
using Beamtime.Core.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Beamline;

/// <summary>Registers the beamline.</summary>
internal static class BeamlineRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the description of the beamline and the watch over its permits.</summary>
        public IServiceCollection AddBeamline() => services
            .AddSingleton(s => BeamlineFile.Read(
                s.GetRequiredService<Site>().BeamlineFile, s.GetRequiredService<DeviceBook>()))
            .AddSingleton(s =>
            {
                var watch = new PermitWatch(
                    s.GetRequiredService<BeamlineDescription>(),
                    s.GetRequiredService<DeviceDesk>().ReadSignalAsync,
                    s.GetRequiredService<TimeProvider>(),
                    s.GetRequiredService<ILogger<PermitWatch>>());
                var book = s.GetRequiredService<DeviceBook>();
                s.GetRequiredService<DeviceWatch>().Changed +=
                    (device, signal, reading) => watch.Hear(book, device, signal, reading);
                return watch;
            });
    }
}
