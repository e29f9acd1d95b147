using Microsoft.Extensions.DependencyInjection;

namespace Beamtime.Data.Transfers;

/// <summary>Registers transfers with the host.</summary>
internal static class TransferRegistration
{
    extension(IServiceCollection services)
    {
        /// <summary>Adds what copies and verifies.</summary>
        public IServiceCollection AddTransfers() => services
            .AddSingleton<FileCopy>()
            .AddSingleton<CopyVerification>()
            .AddSingleton<DatasetTransfer>();
    }
}
