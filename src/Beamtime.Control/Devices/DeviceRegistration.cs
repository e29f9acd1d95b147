using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Control.Devices;

/// <summary>Registers devices.</summary>
internal static class DeviceRegistration
{
    /// <summary>Readings kept for the bundler before device servers wait.</summary>
    public const int ReadingsKept = 8192;

    private const int InstructionsKept = 1024;

    extension(IServiceCollection services)
    {
        /// <summary>Adds the device server of a beamline and what speaks to it.</summary>
        /// <param name="beamline">The beamline.</param>
        /// <param name="roster">Its devices, connected.</param>
        /// <param name="epochFile">The file that keeps the highest owner's epoch.</param>
        public IServiceCollection AddDevices(string beamline, DeviceRoster roster, string epochFile) => services
            .AddSingleton(roster)
            .AddSingleton(new OwnerEpoch(epochFile))
            .AddSingleton<RequestTopic<Instruction, InstructionDone>>(s => new LocalRequestTopic<Instruction, InstructionDone>(
                $"{beamline}.instructions", InstructionsKept, s.GetRequiredService<TimeProvider>()))
            .AddSingleton<Topic<PointReadings>>(s => new LocalTopic<PointReadings>(
                $"{beamline}.readings", ReadingsKept, ["bundler"], s.GetRequiredService<TimeProvider>()))
            .AddSingleton<DeviceServer>()
            .AddSingleton<DeviceLocks>()
            .AddSingleton<DeviceDesk>();
    }
}
