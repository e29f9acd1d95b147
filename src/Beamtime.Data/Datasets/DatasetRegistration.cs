using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Data.Datasets;

/// <summary>Registers data sets with the host.</summary>
internal static class DatasetRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds the register of data sets.</summary>
        public IServiceCollection AddDatasets() => services
            .AddSingleton<DatasetStore>()
            .AddSingleton<DatasetRegister>()
            .AddSingleton<DatasetActivity>();
    }
}
