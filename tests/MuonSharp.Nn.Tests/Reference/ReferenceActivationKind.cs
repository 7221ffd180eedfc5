namespace MuonSharp.Nn.Tests.Reference;

/// <summary>The non-linearity between the two linear maps of a block.</summary>
internal enum ReferenceActivationKind
{
    Gelu,
    GeluTanh,
    ReluSquared,
    SwiGlu,
}
