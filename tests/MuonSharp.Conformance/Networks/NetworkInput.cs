using MuonSharp.Conformance.Cases;
using MuonSharp.Formats;
using MuonSharp.Nn;

namespace MuonSharp.Conformance.Networks;

/// <summary>What a case feeds to a network's first layer: rows of numbers, the planes of images, or words of each row.</summary>
internal sealed class NetworkInput
{
    private readonly float[] _numbers = [];
    private readonly int[] _words = [];

    private readonly Tensor? _written;

    private NetworkInput(Tensor? x, TokenBuffer? tokens, int columns, SafetensorsFile file, string name, Tensor? written = null)
    {
        (X, Words, Columns, _written) = (x, tokens, columns, written ?? x);
        if (tokens is null)
        {
            _numbers = file.Floats(name);
        }
        else
        {
            _words = file.Integers(name);
        }
    }

    /// <summary>The numbers; null where words come.</summary>
    public Tensor? X { get; }

    /// <summary>The words; null where numbers come.</summary>
    public TokenBuffer? Words { get; }

    /// <summary>Numbers or words of a row.</summary>
    public int Columns { get; }

    /// <summary>The input of a shape [rows, ...], or of several of them in a row.</summary>
    public static NetworkInput Of(Tape tape, SafetensorsFile file, string name, ReadOnlySpan<int> shape)
    {
        int columns = 1;
        foreach (int size in shape[1..]) columns *= size;
        if (shape.Length == 4)
        {
            Tensor planes = tape.Input(name, shape[0], columns);
            return new NetworkInput(tape.ImagesFromPlanes(planes, shape[2], shape[3]), null, columns, file, name, planes);
        }

        return file.Get(name).Type == TensorType.I64
            ? new NetworkInput(null, tape.Tokens(name, shape[0] * columns), columns, file, name)
            : new NetworkInput(tape.Input(name, shape[0], columns), null, columns, file, name);
    }

    /// <summary>Writes the inputs of a step.</summary>
    public void Write(int step)
    {
        if (Words is not null)
        {
            _words.AsSpan(step * Words.Length, Words.Length).CopyTo(Words.Span);
        }
        else
        {
            _numbers.AsSpan(step * (int)_written!.Length, (int)_written.Length).CopyTo(_written.Value);
        }
    }
}
