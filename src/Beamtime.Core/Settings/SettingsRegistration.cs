using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Core.Settings;

/// <summary>Hands the settings to the parts of the program.</summary>
internal static class SettingsRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Registers the settings and each options record under its own type.</summary>
        /// <param name="settings">The settings read at start.</param>
        public IServiceCollection AddSettings(EffectiveSettings settings)
        {
            services.AddSingleton(settings);
            foreach (object options in settings.Sections.Values)
            {
                services.AddSingleton(options.GetType(), options);
            }

            return services;
        }
    }
}
