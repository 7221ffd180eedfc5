namespace MuonSharp.Nn;

/// <summary>Who owns a tensor's memory.</summary>
public enum TensorKind
{
    /// <summary>Written by an operation; its memory is somebody else's outside its lifetime.</summary>
    Activation,

    /// <summary>Written by the user before a run; keeps its memory.</summary>
    Input,

    /// <summary>A view of a parameter of the store, weights and gradient.</summary>
    Parameter,
}
