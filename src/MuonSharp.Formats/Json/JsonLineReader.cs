namespace MuonSharp.Formats;

/// <summary>Reads a file of JSON Lines line by line, and goes on when the file has grown.</summary>
/// <remarks>
/// A line is whole when its line break is there. What follows the last line break was torn by a kill, or is being written: it is told apart from a
/// broken line in the middle (<see cref="EndsTorn"/>), and read once it is whole. Memory: the longest line, bounded by <see cref="JsonOptions.MostBytes"/>.
/// </remarks>
public sealed class JsonLineReader : IDisposable
{
    private readonly FileStream _file;
    private readonly string _path;
    private readonly JsonOptions _options;
    private byte[] _buffer = new byte[1 << 14];
    private int _begin;
    private int _count;
    private bool _skipping;

    // The last whole line as it was read, line break included, of which a cut file that has grown again holds something else.
    private byte[] _last = [];
    private int _lastLength;
    private long _lastEnd;

    /// <summary>Opens a file, which others may write meanwhile.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">How to read it; the limit holds for each line.</param>
    /// <exception cref="InvalidFileException">It cannot be opened.</exception>
    public JsonLineReader(string path, JsonOptions options)
    {
        (_path, _options) = (path, options);
        try
        {
            _file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable(options.Operation, path, exception);
        }
    }

    /// <summary>Whole lines read so far.</summary>
    public int Lines { get; private set; }

    /// <summary>Bytes of the file up to the end of the last whole line that was read.</summary>
    public long Position { get; private set; }

    /// <summary>Whether something follows the last line break, once <see cref="Next"/> has returned null.</summary>
    public bool EndsTorn => _count > 0 || _skipping;

    /// <summary>Whether the file is no longer the one that was read: it has become shorter, or was cut and has grown again, so that where the last whole line stood, or what was read behind it, there is something else.</summary>
    /// <remarks>A line that was written again with the same bytes at the same place is the same line.</remarks>
    public bool IsCut => _file.Length < Position + _count || !Holds(_last.AsSpan(0, _lastLength), _lastEnd - _lastLength) || !Holds(_buffer.AsSpan(_begin, _count), Position);

    /// <summary>The next whole line.</summary>
    /// <returns>The line; null if there is none now. Later there may be one.</returns>
    /// <exception cref="InvalidFileException">The file cannot be read.</exception>
    public JsonLine? Next()
    {
        for (int searched = 0; ;)
        {
            int found = _buffer.AsSpan(_begin + searched, _count - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                return Take(searched + found);
            }

            searched = _count;
            if (_count > _options.MostBytes)
            {
                (Position, _count, searched, _skipping) = (Position + _count, 0, 0, true);
            }

            if (!Fill())
            {
                return null;
            }
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private JsonLine Take(int length)
    {
        ReadOnlySpan<byte> line = _buffer.AsSpan(_begin, length);
        bool whole = !_skipping && length <= _options.MostBytes;
        Lines++;
        Position += length + 1;
        Keep(_buffer.AsSpan(_begin, length + 1));
        (_begin, _count, _skipping) = (_begin + length + 1, _count - length - 1, false);
        JsonSource source = new(_path, _options, Lines);
        try
        {
            return whole
                ? new(Lines, Position, JsonFile.Parse(line, source), Problem: null)
                : throw source.Broken($"it must have at most {_options.MostBytes} bytes; more came");
        }
        catch (InvalidFileException exception)
        {
            return new(Lines, Position, Value: null, exception.Message);
        }
    }

    private void Keep(ReadOnlySpan<byte> line)
    {
        _last = _last.Length < line.Length ? new byte[2 * line.Length] : _last;
        line.CopyTo(_last);
        (_lastLength, _lastEnd) = (line.Length, Position);
    }

    /// <summary>Whether the file holds some bytes at a place.</summary>
    private bool Holds(ReadOnlySpan<byte> bytes, long place)
    {
        Span<byte> part = stackalloc byte[512];
        for (int compared = 0; compared < bytes.Length;)
        {
            int read = RandomAccess.Read(_file.SafeFileHandle, part[..Math.Min(part.Length, bytes.Length - compared)], place + compared);
            if (read == 0 || !part[..read].SequenceEqual(bytes.Slice(compared, read)))
            {
                return false;
            }

            compared += read;
        }

        return true;
    }

    private bool Fill()
    {
        _buffer.AsSpan(_begin, _count).CopyTo(_buffer);
        _begin = 0;
        if (_count == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        try
        {
            int read = _file.Read(_buffer, _count, _buffer.Length - _count);
            _count += read;
            return read > 0;
        }
        catch (Exception exception) when (InvalidFileException.IsUnreadable(exception))
        {
            throw InvalidFileException.Unreadable(_options.Operation, _path, exception);
        }
    }
}

/// <summary>A whole line of a file of JSON Lines: a value, or what is wrong with it.</summary>
/// <param name="Number">Its number, from 1.</param>
/// <param name="End">Bytes of the file up to its end, the line break counted.</param>
/// <param name="Value">The value; null if the line is broken.</param>
/// <param name="Problem">One line that says what is wrong; null if nothing is.</param>
public sealed record JsonLine(int Number, long End, JsonEntry? Value, string? Problem);
