using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A decoder-only transformer: its parameters, and its programs for each shape of batch.</summary>
/// <remarks>
/// <para>Pre-norm blocks: x += attention(norm(x)), x += feedForward(norm(x)), a final norm, and the head. Parameters have Hugging Face's names,
/// shapes and orientation for the family (<see cref="Positions"/>), so that a checkpoint is a model file.</para>
/// <para>A model owns its store and its programs; two models in one process share nothing but, if wanted, the team.</para>
/// </remarks>
public sealed class DecoderModel : IDisposable
{
    private readonly Dictionary<(int Batch, int Time, bool Training), DecoderProgram> _programs = [];
    private bool _disposed;

    /// <summary>Allocates and initializes the parameters.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="seed">Seed of the initial weights and of dropout.</param>
    /// <param name="team">Workers for its programs; not owned.</param>
    /// <param name="gradients">Whether the model will be trained; false saves the gradients' memory.</param>
    /// <exception cref="ArgumentException">The configuration breaks rules; the message names all of them.</exception>
    public DecoderModel(DecoderConfig config, ulong seed, WorkerTeam team, bool gradients = true)
    {
        config.Validate();
        (Config, Seed, Team) = (config, seed, team);
        Form = DecoderForm.Create(config);
        Parameters = Form.Builder.Build(gradients);
        Initialization.Fill(Form, config, seed);
    }

    /// <summary>Shape of the model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Seed of the initial weights and of dropout.</summary>
    public ulong Seed { get; }

    /// <summary>Weights and gradients.</summary>
    public ParameterStore Parameters { get; }

    /// <summary>What makes the logits of each block's heads, in the order of <see cref="DecoderProgram.MaximumLogits"/>: what QK-clip scales.</summary>
    public IReadOnlyList<AttentionHeads> AttentionHeads => Form.Attention;

    /// <summary>Whether training programs compute each block's activations again in the backward run and keep only the block's input: far less memory for
    /// about a quarter to a third more arithmetic, and the same bits. Default false.</summary>
    public bool RecomputesBlocks { get; init; }

    internal WorkerTeam Team { get; }

    internal DecoderForm Form { get; }

    /// <summary>The program for a shape: compiled at the first request, then the same one.</summary>
    /// <param name="batch">Sequences, 1 or more.</param>
    /// <param name="time">Tokens of each, 1 to the context.</param>
    /// <param name="training">Whether it computes gradients. An inference program needs far less memory.</param>
    /// <returns>The program, owned by the model.</returns>
    /// <exception cref="ArgumentException">The shape is outside the model, or gradients are wanted of a model without.</exception>
    public DecoderProgram Program(int batch, int time, bool training)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Rule.Check(batch >= 1, $"[decoder] a batch has at least one sequence; {batch}");
        Rule.Check(time >= 1 && time <= Config.Context, $"[decoder] a sequence has 1 to {Config.Context} tokens; {time}");
        Rule.Check(!training || Parameters.HasGradients, $"[decoder] training needs gradients; the model was made without (batch {batch}, time {time})");
        if (!_programs.TryGetValue((batch, time, training), out DecoderProgram? program))
        {
            program = new DecoderProgram(this, batch, time, training);
            _programs.Add((batch, time, training), program);
        }

        return program;
    }

    /// <summary>Frees the programs and the parameters.</summary>
    public void Dispose()
    {
        _disposed = true;
        foreach (DecoderProgram program in _programs.Values)
        {
            program.Release();
        }

        _programs.Clear();
        Parameters.Dispose();
    }
}
