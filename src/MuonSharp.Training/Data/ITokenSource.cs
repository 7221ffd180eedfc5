using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace MuonSharp.Training;

/// <summary>A long row of tokens that can be read from anywhere: a text in memory, files of tokens, a part of another source.</summary>
public interface ITokenSource
{
    /// <summary>Number of tokens.</summary>
    long Length { get; }

    /// <summary>Says which tokens they are, such as a hash: a resumed run compares it with that of the run's start.</summary>
    string Identity { get; }

    /// <summary>Reads tokens that follow each other.</summary>
    /// <param name="start">Position of the first, from 0.</param>
    /// <param name="tokens">Out: as many as it has room for; the last one is within the source.</param>
    void Read(long start, Span<int> tokens);
}

/// <summary>Tokens in memory.</summary>
public sealed class MemoryTokens : ITokenSource
{
    private readonly ReadOnlyMemory<int> _tokens;
    private readonly Lazy<string> _identity;

    /// <summary>A source of tokens.</summary>
    /// <param name="tokens">The tokens; not copied.</param>
    /// <param name="identity">What says which they are; null: SHA-256 of them.</param>
    public MemoryTokens(ReadOnlyMemory<int> tokens, string? identity = null)
    {
        _tokens = tokens;
        _identity = new(() => identity ?? Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(_tokens.Span))));
    }

    /// <inheritdoc/>
    public long Length => _tokens.Length;

    /// <inheritdoc/>
    public string Identity => _identity.Value;

    /// <inheritdoc/>
    public void Read(long start, Span<int> tokens) => _tokens.Span.Slice(checked((int)start), tokens.Length).CopyTo(tokens);
}

/// <summary>A part of another source, such as its end that is held out.</summary>
public sealed class TokenRange : ITokenSource
{
    private readonly ITokenSource _whole;
    private readonly long _start;

    /// <summary>The part of a source.</summary>
    /// <param name="whole">The source.</param>
    /// <param name="start">Position of the part's first token.</param>
    /// <param name="length">Number of its tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part is not within the source.</exception>
    public TokenRange(ITokenSource whole, long start, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, whole.Length - start);
        (_whole, _start, Length) = (whole, start, length);
    }

    /// <inheritdoc/>
    public long Length { get; }

    /// <inheritdoc/>
    public string Identity => $"{_whole.Identity}, {Length} from {_start}";

    /// <inheritdoc/>
    public void Read(long start, Span<int> tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, Length - tokens.Length);
        _whole.Read(_start + start, tokens);
    }
}
