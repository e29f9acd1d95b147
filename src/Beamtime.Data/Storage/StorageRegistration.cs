using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Data.Storage;

/// <summary>Registers the storages with the host.</summary>
internal static class StorageRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the storages, which are made and checked now.</summary>
        /// <param name="options">The storages as configured.</param>
        /// <param name="dataFolder">Where relative paths begin if the options do not say.</param>
        /// <exception cref="Sdk.Errors.RefusedException">One cannot be used; every reason.</exception>
        public IServiceCollection AddStorage(StorageOptions options, string dataFolder) =>
            services.AddSingleton(StorageSet.Open(options, dataFolder));
    }
}
