using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Control.Runs;

/// <summary>Registers what admits runs.</summary>
internal static class RunRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the gate.</summary>
        public IServiceCollection AddRuns() => services.AddSingleton<GateKeeper>();
    }
}
