using Beamtime.Control.Devices;
using Beamtime.Control.Scans;
using Beamtime.Core.Settings;
using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Beamtime.Control.Beamline;

/// <summary>Registers the beamline.</summary>
internal static class BeamlineRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds what every process needs that asks about the beamline; once however often it is called.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddBeamlineTopics(string beamline)
        {
            services.TryAddSingleton(s => new BeamlineTopics(s.GetRequiredService<TopicHub>(), beamline));
            return services;
        }

        /// <summary>Adds the description of the beamline and the watch over its permits.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddBeamline(string beamline) => services
            .AddBeamlineTopics(beamline)
            .AddSingleton<BeamlineReception>()
            .AddSingleton<StateStore>()
            .AddSingleton<InterlockReach>()
            .AddSingleton<Interlock>()
            .AddSingleton<StateDesk>()
            .AddSingleton(s =>
            {
                var watch = new StateWatch(
                    s.GetRequiredService<BeamlineDescription>(),
                    beamline,
                    s.GetRequiredService<PermitWatch>(),
                    s.GetRequiredService<DeviceDesk>().ReadSignalAsync,
                    s.GetRequiredService<StateStore>(),
                    s.GetRequiredService<ScanTopics>(),
                    s.GetRequiredService<TimeProvider>(),
                    s.GetRequiredService<ILogger<StateWatch>>());
                var book = s.GetRequiredService<DeviceBook>();
                s.GetRequiredService<DeviceWatch>().Changed +=
                    (device, signal, reading) => watch.Hear(book, device, signal, reading);
                return watch;
            })
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
