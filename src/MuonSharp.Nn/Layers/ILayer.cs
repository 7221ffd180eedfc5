namespace MuonSharp.Nn;

/// <summary>A part of a network with one input and one output: it declared its parameters when it was constructed, and records itself on any tape.</summary>
/// <remarks>A layer of your own takes a <see cref="ModelBuilder"/> and a name, constructs other layers in <c>builder.Scope(name)</c> or declares parameters there, and
/// records them here.</remarks>
public interface ILayer
{
    /// <summary>Records the layer.</summary>
    /// <param name="tape">The tape, not compiled yet.</param>
    /// <param name="x">The input [rows, columns].</param>
    /// <returns>The output.</returns>
    /// <exception cref="ArgumentException">The shape of the input does not fit.</exception>
    Tensor Record(Tape tape, Tensor x);
}
