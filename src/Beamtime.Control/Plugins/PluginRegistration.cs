using Beamtime.Core.Topics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Beamtime.Control.Plugins;

/// <summary>Registers what reads plugins anew.</summary>
internal static class PluginRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the watch of this process's plugins, the desk and the reception; once however often it is called.</summary>
        /// <param name="beamline">The beamline.</param>
        public IServiceCollection AddPluginWatch(string beamline)
        {
            services.TryAddSingleton(s => new PluginTopics(s.GetRequiredService<TopicHub>(), beamline));
            services.TryAddSingleton<PluginWatch>();
            services.TryAddSingleton<PluginReception>();
            services.TryAddSingleton<PluginDesk>();
            return services;
        }
    }
}
