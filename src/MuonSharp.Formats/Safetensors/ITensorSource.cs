using System.Collections.Immutable;

namespace MuonSharp.Formats;

/// <summary>Stored tensors that can be read as floats, whatever the format: one file, a folder of files, another maker's.</summary>
public interface ITensorSource : IDisposable
{
    /// <summary>Where they lie, for messages.</summary>
    string Path { get; }

    /// <summary>Names of all tensors.</summary>
    IReadOnlyCollection<string> Names { get; }

    /// <summary>The sizes of a tensor, outermost first.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">The sizes, if there is such a tensor.</param>
    /// <returns>Whether there is one.</returns>
    bool TryGetShape(string name, out ImmutableArray<long> shape);

    /// <summary>Reads some elements of a tensor, converted to float; several threads may read at once.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="start">The first element, row-major.</param>
    /// <param name="destination">Receives as many as it is long.</param>
    /// <exception cref="InvalidFileException">There is no such tensor, its elements are no floating-point numbers that can be converted, or the file changed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The elements asked for do not lie inside the tensor.</exception>
    void ReadFloats(string name, long start, Span<float> destination);
}
