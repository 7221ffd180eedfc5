using MuonSharp.Nn;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>What a network reads: numbers or tokens.</summary>
internal readonly record struct SupervisedInput(Tensor? Numbers, TokenBuffer? Tokens);

/// <summary>A network with its loss on a tape, for one size of batch.</summary>
internal sealed class SupervisedProgram : IDisposable
{
    private readonly Tape _tape;
    private readonly SupervisedInput _input;
    private readonly Tensor? _target;
    private readonly TokenBuffer? _classes;
    private readonly Tensor _output;
    private readonly Loss _loss;

    public SupervisedProgram(
        Model model, Func<Tape, SupervisedInput, Tensor> network, Objective objective, SupervisedData data, int rows, bool training)
    {
        _tape = model.NewTape(training);
        try
        {
            _input = data.HasTokens
                ? new SupervisedInput(null, _tape.Tokens("tokens", checked(rows * data.InputColumns)))
                : new SupervisedInput(_tape.Input("inputs", rows, data.InputColumns), null);
            _output = network(_tape, _input);
            if (objective.NeedsClasses)
            {
                _classes = _tape.Tokens("classes", rows);
                _loss = objective.Record(_tape, _output, _classes);
            }
            else
            {
                _target = _tape.Input("targets", rows, data.TargetColumns);
                _loss = objective.Record(_tape, _output, _target);
            }

            if (!training)
            {
                _tape.Output(_output);
            }

            _tape.Compile();
        }
        catch
        {
            _tape.Dispose();
            throw;
        }
    }

    public MemoryPlan MemoryPlan => _tape.MemoryPlan;

    public double Flops => _tape.Flops;

    /// <summary>Copies a row of the data into the batch.</summary>
    public void Fill(int row, SupervisedData data, int from)
    {
        int columns = data.InputColumns;
        if (_input.Numbers is { } numbers)
        {
            data.Inputs.AsSpan(from * columns, columns).CopyTo(numbers.Value[(row * columns)..]);
        }
        else
        {
            data.Tokens.AsSpan(from * columns, columns).CopyTo(_input.Tokens!.Span[(row * columns)..]);
        }

        if (_classes is { } classes)
        {
            classes.Span[row] = data.Classes![from];
        }
        else
        {
            data.Targets.AsSpan(from * data.TargetColumns, data.TargetColumns).CopyTo(_target!.Value[(row * data.TargetColumns)..]);
        }
    }

    /// <summary>Forward and backward; the gradients are added to the store's.</summary>
    public double Train(ulong step, uint firstSample, float gradientScale, Action<Parameter>? gradientFinal)
    {
        (_tape.Step, _tape.FirstSample, _loss.GradientScale) = (step, firstSample, gradientScale);
        _tape.Forward();
        _tape.Backward(gradientFinal);
        return _loss.Mean;
    }

    public Loss Evaluate()
    {
        _tape.Forward();
        return _loss;
    }

    /// <summary>How many answers are right, of how many: the greatest output of a row, or the sign of each.</summary>
    public (long Right, long Asked) Right()
    {
        ReadOnlySpan<float> output = _output.Value;
        return _classes is { } classes ? RightClasses(output, classes.Span, _output.Columns) : RightSigns(output, _target!.Value);
    }

    public TapeProfile StartProfile() => _tape.StartProfile();

    public void Dispose() => _tape.Dispose();

    private static (long Right, long Asked) RightClasses(ReadOnlySpan<float> output, ReadOnlySpan<int> classes, int columns)
    {
        long right = 0;
        long asked = 0;
        for (int row = 0; row < classes.Length; row++)
        {
            if (classes[row] < 0)
            {
                continue;
            }

            ReadOnlySpan<float> logits = output.Slice(row * columns, columns);
            int best = 0;
            for (int i = 1; i < columns; i++)
            {
                best = logits[i] > logits[best] ? i : best;
            }

            asked++;
            right += best == classes[row] ? 1 : 0;
        }

        return (right, asked);
    }

    private static (long Right, long Asked) RightSigns(ReadOnlySpan<float> output, ReadOnlySpan<float> targets)
    {
        long right = 0;
        for (int i = 0; i < output.Length; i++)
        {
            right += output[i] > 0 == targets[i] >= 0.5f ? 1 : 0;
        }

        return (right, output.Length);
    }
}
