using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Brings a model's buffers onto tapes.</summary>
public static class BufferRecording
{
    /// <summary>Views a buffer of a model as a tensor without a gradient: weights that are not trained.</summary>
    /// <param name="tape">The tape.</param>
    /// <param name="buffer">The buffer, of a model that is built; its memory must outlive the tape.</param>
    /// <returns>[first axis, all other axes], a vector as [1, n].</returns>
    /// <exception cref="ArgumentException">The model is not built yet.</exception>
    public static Tensor Buffer(this Tape tape, ModelBuffer buffer) =>
        tape.Parameter(new Parameter(buffer.Name, buffer.Shape, ParameterRole.Gain, buffer.Values));
}
