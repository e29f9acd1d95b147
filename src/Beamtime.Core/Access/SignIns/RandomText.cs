using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Beamtime.Core.Access.SignIns;

/// <summary>Tokens and keys: 256 random bits as text, of which only a hash is kept.</summary>
internal static class RandomText
{
    private const int Bytes = 32;

    /// <summary>A new one.</summary>
    /// <param name="prefix">Tells what it is, to people and to scanners for leaked secrets.</param>
    public static string New(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>The hash that is kept. A fast one does: nobody guesses 256 bits.</summary>
    /// <param name="text">The token or key.</param>
    public static byte[] HashOf(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
