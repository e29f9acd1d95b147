using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Beamtime.Sdk.Errors;

namespace Beamtime.Cli;

/// <summary>Whose signature makes a server's certificate count: the system's authorities, or those of one file alone.</summary>
internal static class ServerTrust
{
    /// <summary>What the command line demands of a server's certificate.</summary>
    /// <param name="caFile">PEM file of authorities; null for the system's.</param>
    /// <exception cref="RefusedException"><c>cli.disk.unusable</c>.</exception>
    public static SslClientAuthenticationOptions Of(string? caFile)
    {
        if (caFile is null)
        {
            return new SslClientAuthenticationOptions();
        }

        X509ChainPolicy policy = new()
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(caFile);
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(CliErrors.DiskUnusable.Because($"{caFile}: {error.Message}"));
        }

        return policy.CustomTrustStore.Count > 0
            ? new SslClientAuthenticationOptions { CertificateChainPolicy = policy }
            : throw new RefusedException(CliErrors.DiskUnusable.Because($"{caFile} holds no certificate"));
    }
}
