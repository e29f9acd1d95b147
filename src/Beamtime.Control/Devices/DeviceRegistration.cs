using Beamtime.Control.Devices.Configuration;
using Beamtime.Control.Plugins;
using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Beamtime.Control.Devices;

/// <summary>Registers devices, by the role that needs them.</summary>
internal static class DeviceRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the topics of devices; once however often it is called.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddDeviceTopics(string beamline)
        {
            services.TryAddSingleton(s => new DeviceTopics(s.GetRequiredService<TopicHub>(), beamline));
            return services;
        }

        /// <summary>Adds what every process needs that speaks to a beamline's devices; once however often it is called.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddDeviceLink(string beamline)
        {
            services.AddDeviceTopics(beamline);
            services.TryAddSingleton<DeviceBook>();
            services.TryAddSingleton<DeviceWatch>();
            services.TryAddSingleton<DeviceLink>();
            services.TryAddSingleton<DeviceDesk>();
            services.TryAddSingleton<DeviceFollower>();
            services.TryAddSingleton<ConfigurationStore>();
            services.TryAddSingleton<ConfigurationDesk>();
            return services;
        }

        /// <summary>Adds the device server of a beamline.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="roster">Its devices, connected.</param>
        /// <param name="epochFile">The file that keeps the highest owner's epoch.</param>
        public IServiceCollection AddDevices(string beamline, DeviceRoster roster, string epochFile) => services
            .AddDeviceTopics(beamline)
            .AddSingleton(roster)
            .AddSingleton(new OwnerEpoch(epochFile))
            .AddSingleton(s => new DeviceFactory(
                () => s.GetRequiredService<PluginShelf>().Current.Registry, s.GetRequiredService<DeviceOptions>(), s.GetRequiredService<TimeProvider>()))
            .AddSingleton<RosterEditor>()
            .AddSingleton<DeviceServer>()
            .AddSingleton<DeviceAnnouncer>();

        /// <summary>Adds what belongs to who owns the devices: who uses which, and setting them outside of scans.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddDeviceOwner(string beamline) => services
            .AddDeviceLink(beamline)
            .AddSingleton<DeviceLocks>()
            .AddSingleton<DeviceSetter>()
            .AddSingleton<DeviceConfigurator>();
    }
}
