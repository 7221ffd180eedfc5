using System.Security.Cryptography;
using System.Text;

namespace MuonSharp.Training;

/// <summary>Reads files one behind the other as <see cref="JoinedText"/> joins them: without byte order marks, with a line end between two where the first has none. Hashes what is read.</summary>
internal sealed class JoinedReader(IReadOnlyList<string> files) : TextReader
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly Encoder _encoder = Encoding.UTF8.GetEncoder();
    private TextReader? _current;
    private int _next;
    private char _last = '\n';

    /// <summary>SHA-256 of the text as UTF-8, in lower-case hexadecimal, once it is read to its end.</summary>
    public string? Sha256 { get; private set; }

    /// <summary>Carriage returns so far.</summary>
    public long Returns { get; private set; }

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count)
    {
        while (count > 0)
        {
            if (_current is null)
            {
                if (_next == files.Count)
                {
                    Sha256 ??= Convert.ToHexStringLower(_hash.GetHashAndReset());
                    return 0;
                }

                _current = TextFile.Open(files[_next++]);
            }

            int read = _current.Read(buffer, index, count);
            if (read == 0)
            {
                _current.Dispose();
                _current = null;
                if (_next == files.Count || _last is '\n' or '\r')
                {
                    continue;
                }

                (buffer[index], read) = ('\n', 1);
            }

            Span<char> part = buffer.AsSpan(index, read);
            _last = part[^1];
            Returns += part.Count('\r');
            byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(read + 1)];
            _hash.AppendData(bytes, 0, _encoder.GetBytes(part, bytes, flush: false));
            return read;
        }

        return 0;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _current?.Dispose();
        _hash.Dispose();
        base.Dispose(disposing);
    }
}
