using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Control.Devices;

/// <summary>Registers devices.</summary>
internal static class DeviceRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the device server of a beamline and what speaks to it.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="roster">Its devices, connected.</param>
        /// <param name="epochFile">The file that keeps the highest owner's epoch.</param>
        public IServiceCollection AddDevices(string beamline, DeviceRoster roster, string epochFile) => services
            .AddSingleton(roster)
            .AddSingleton(new OwnerEpoch(epochFile))
            .AddSingleton(s => new DeviceTopics(s.GetRequiredService<TopicHub>(), beamline))
            .AddSingleton(s => s.GetRequiredService<DeviceTopics>().Instructions)
            .AddSingleton(s => s.GetRequiredService<DeviceTopics>().Readings)
            .AddSingleton<DeviceServer>()
            .AddSingleton<DeviceLocks>()
            .AddSingleton<DeviceDesk>();
    }
}
