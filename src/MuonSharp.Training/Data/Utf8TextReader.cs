using System.Buffers;
using System.Text.Unicode;

namespace MuonSharp.Training;

/// <summary>Reads UTF-8 strictly, a part at a time: what is not UTF-8 is an error that says where, as <see cref="TextFile"/> reports it.</summary>
internal sealed class Utf8TextReader : TextReader
{
    private readonly Stream _stream;
    private readonly string _source;
    private readonly byte[] _bytes = new byte[EncodingGuess.Sample];
    private readonly byte[] _head;
    private int _first;
    private int _end;
    private long _passed;
    private bool _ended;

    /// <summary>Reads a stream, which is the reader's own from here on.</summary>
    /// <exception cref="BadInputException">The text is empty.</exception>
    public Utf8TextReader(Stream stream, string source)
    {
        (_stream, _source) = (stream, source);
        Refill();
        _head = _bytes[..Math.Min(_end, EncodingGuess.Head)];
        if (EncodingGuess.WithoutMark(_bytes.AsSpan(0, _end)) is { } name)
        {
            throw TextFile.WithoutMark(name, source);
        }

        if (_bytes.AsSpan(0, _end).StartsWith(TextFile.ByteOrderMark))
        {
            _first = TextFile.ByteOrderMark.Length;
        }

        if (_first == _end && _ended)
        {
            throw new BadInputException($"[data] {source}: the text must not be empty; 0 bytes came");
        }
    }

    /// <inheritdoc/>
    public override int Read(char[] buffer, int index, int count) => Read(buffer.AsSpan(index, count));

    /// <summary>Reads characters; a pair of surrogates is never torn unless there is room for one only, and then nothing is read.</summary>
    /// <exception cref="BadInputException">What came is not UTF-8.</exception>
    public override int Read(Span<char> buffer)
    {
        while (true)
        {
            OperationStatus status = Utf8.ToUtf16(_bytes.AsSpan(_first, _end - _first), buffer, out int read, out int written, replaceInvalidSequences: false, isFinalBlock: _ended);
            (_first, _passed) = (_first + read, _passed + read);
            if (status == OperationStatus.InvalidData && written == 0)
            {
                Refill();
                throw TextFile.NoUtf8(_head, _bytes.AsSpan(0, _end), _passed, _source);
            }

            if (written > 0 || (_ended && _first == _end) || status == OperationStatus.DestinationTooSmall)
            {
                return written;
            }

            Refill();
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _stream.Dispose();
        base.Dispose(disposing);
    }

    private void Refill()
    {
        _bytes.AsSpan(_first, _end - _first).CopyTo(_bytes);
        (_first, _end) = (0, _end - _first);
        int wanted = _bytes.Length - _end, read = InputFile.Guard("data", _source, () => _stream.ReadAtLeast(_bytes.AsSpan(_end), wanted, throwOnEndOfStream: false));
        (_end, _ended) = (_end + read, read < wanted);
    }
}
