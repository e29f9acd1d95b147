using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Topics.Redis;

/// <summary>
/// TLS to Redis. The files are read for every connection, so that a renewed certificate counts from the next one on. What
/// stands against a certificate is told by name: another host's, out of its time, signed by a stranger.
/// </summary>
/// <param name="options">Files of certificates.</param>
/// <param name="endpoint">Where Redis is.</param>
internal sealed class RedisTls(TopicOptions options, RedisEndpoint endpoint)
{
    /// <summary>When the certificate that Redis showed last ends; null before the first.</summary>
    public DateTimeOffset? PeerEnds { get; private set; }

    /// <summary>What is set about certificates and cannot count.</summary>
    /// <param name="options">Files of certificates.</param>
    /// <param name="endpoint">Where Redis is.</param>
    public static IReadOnlyList<Reason> Contradictions(TopicOptions options, RedisEndpoint endpoint)
    {
        List<Reason> reasons = [];
        if (!endpoint.IsEncrypted && (options.CaFile ?? options.CertificateFile ?? options.KeyFile) is { } unused)
        {
            reasons.Add(RedisErrors.TlsFiles.Because(
                $"{unused} is named, but {endpoint} is not asked over TLS", "Write rediss:// in REDIS_URL, or take the file out of the settings."));
        }

        if (options is { KeyFile: { } key, CertificateFile: null })
        {
            reasons.Add(RedisErrors.TlsFiles.Because(
                $"topics.key_file {key} is set without topics.certificate_file", "Name the certificate that the key belongs to."));
        }

        return reasons;
    }

    /// <summary>Makes the connection one over TLS.</summary>
    /// <param name="stream">The connection; disposed with what comes back, or here when it fails.</param>
    /// <param name="late">The time for connecting is over.</param>
    /// <param name="cancel">Gives up, when it is over as well.</param>
    /// <exception cref="FaultException">One of the codes <c>redis.tls…</c>.</exception>
    public async Task<Stream> EncryptAsync(Stream stream, CancellationToken late, CancellationToken cancel)
    {
        var encrypted = new SslStream(stream);
        FaultException? found = null;
        var isDone = false;
        try
        {
            var tls = Options();
            tls.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
                (found = Judge(certificate as X509Certificate2, chain, errors)) is null;
            await encrypted.AuthenticateAsClientAsync(tls, cancel);
            isDone = true;
            return encrypted;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested)
        {
            throw RedisErrors.Tls.Fault($"{endpoint} listens, and did not answer the greeting of TLS in time; perhaps it speaks without TLS there.");
        }
        catch (Exception) when (found is not null)
        {
            throw found;
        }
        catch (Exception error) when (IsRefusalOfOurs(error))
        {
            throw Refused(error);
        }
        catch (Exception error) when (error is AuthenticationException
            || (error is IOException && error is not { InnerException: SocketException }))
        {
            throw RedisErrors.Tls.Fault($"{endpoint}: {Innermost(error).Message}", error);
        }
        finally
        {
            if (!isDone)
            {
                await encrypted.DisposeAsync();
            }
        }
    }

    /// <summary>
    /// What a connection that ended in its first words ended of, if it was TLS: since version 1.3 the server refuses a
    /// client's certificate only after the client believes that all is well.
    /// </summary>
    /// <param name="fault">How it ended.</param>
    public FaultException? WhyEnded(FaultException fault) =>
        endpoint.IsEncrypted && IsRefusalOfOurs(fault) ? Refused(fault) : null;

    private SslClientAuthenticationOptions Options()
    {
        var tls = new SslClientAuthenticationOptions
        {
            TargetHost = endpoint.Host,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        };
        if (options.CaFile is { } file)
        {
            var policy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
            };
            Read("topics.ca_file", file, () => policy.CustomTrustStore.ImportFromPemFile(file));
            tls.CertificateChainPolicy = policy.CustomTrustStore.Count > 0
                ? policy
                : throw RedisErrors.TlsFiles.Fault($"topics.ca_file {file} holds no certificate.");
        }

        if (options.CertificateFile is { } certificate)
        {
            Read("topics.certificate_file, topics.key_file", certificate, () => tls.ClientCertificateContext = Own(certificate));
        }

        return tls;
    }

    // The file may hold the chain below the certificate; Redis gets it, as it may know the root alone.
    private SslStreamCertificateContext Own(string file)
    {
        X509Certificate2Collection chain = [];
        chain.ImportFromPemFile(file);
        try
        {
            return SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPemFile(file, options.KeyFile ?? file), chain, offline: true);
        }
        catch (ArgumentException foreign)
        {
            throw new CryptographicException(foreign.Message, foreign);
        }
    }

    private static void Read(string setting, string file, Action read)
    {
        try
        {
            read();
        }
        catch (Exception error) when (error is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw RedisErrors.TlsFiles.Fault($"{setting} {file}: {error.Message}", error);
        }
    }

    // Called in the midst of the handshake; must not throw.
    private FaultException? Judge(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null)
        {
            return RedisErrors.Tls.Fault($"{endpoint} showed no certificate.");
        }

        PeerEnds = new DateTimeOffset(certificate.NotAfter);
        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        var states = chain is null
            ? []
            : chain.ChainElements.SelectMany(e => e.ChainElementStatus, (e, s) => (e.Certificate, s.Status, s.StatusInformation)).ToList();
        if (states.FindIndex(s => s.Status == X509ChainStatusFlags.NotTimeValid) is var late and >= 0)
        {
            var of = states[late].Certificate;
            return RedisErrors.TlsExpired.Fault(string.Create(
                CultureInfo.InvariantCulture,
                $"{endpoint}: the certificate {of.Subject} counts from {of.NotBefore.ToUniversalTime():u} to {of.NotAfter.ToUniversalTime():u}."));
        }

        return errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) && !errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors)
            ? RedisErrors.TlsName.Fault($"{endpoint}: the certificate {certificate.Subject} is for {Names(certificate)}.")
            : RedisErrors.TlsUntrusted.Fault(
                $"{endpoint}: the certificate {certificate.Subject} was signed by {certificate.Issuer}: "
                + $"{(states.Count > 0 ? states[0].StatusInformation : errors.ToString())}; asked was {options.CaFile ?? "the system's store"}.");
    }

    private static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>()
            .SelectMany(e => e.EnumerateDnsNames().Concat(e.EnumerateIPAddresses().Select(a => a.ToString())))
            .ToList();
        return names.Count > 0 ? string.Join(", ", names) : "no name at all (it has no subject alternative names)";
    }

    private FaultException Refused(Exception error) => RedisErrors.TlsClient.Fault(
        $"{endpoint} {(options.CertificateFile is { } own ? $"refused {own}" : "wants a certificate, and none is set")}: {Innermost(error).Message}",
        error);

    // OpenSSL tells the alert in words alone: "tlsv13 alert certificate required", "alert unknown ca", "alert certificate expired".
    private static bool IsRefusalOfOurs(Exception error)
    {
        var words = Innermost(error).Message;
        return words.Contains("alert", StringComparison.OrdinalIgnoreCase)
            && (words.Contains("certificate", StringComparison.OrdinalIgnoreCase)
                || words.Contains("unknown ca", StringComparison.OrdinalIgnoreCase)
                || words.Contains("handshake failure", StringComparison.OrdinalIgnoreCase));
    }

    private static Exception Innermost(Exception error)
    {
        while (error.InnerException is { } inner)
        {
            error = inner;
        }

        return error;
    }
}
