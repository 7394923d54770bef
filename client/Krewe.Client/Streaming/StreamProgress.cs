using System.Text;
using Krewe.Client.Endpoints;
using Krewe.Client.Wire;

namespace Krewe.Client.Streaming;

/// <summary>How far an answer has come, over all connections and silos that brought it: what going on with it needs.</summary>
internal sealed class StreamProgress
{
    private readonly SortedDictionary<int, (string Id, string Name, StringBuilder Arguments)> _tools = [];

    /// <summary>The service's id of the request that runs; null where there is none (any more).</summary>
    public string? RequestId { get; set; }

    /// <summary>The last id there was: for errors.</summary>
    public string? LastRequestId { get; set; }

    /// <summary>Who served it last.</summary>
    public Endpoint? Endpoint { get; set; }

    /// <summary>The number of the last event that came; -1 = none.</summary>
    public int LastEvent { get; set; } = -1;

    /// <summary>Whether it is Krewe that answers: others do not know how to go on.</summary>
    public bool IsKrewe { get; set; }

    public StringBuilder Text { get; } = new();

    /// <summary>The tokens that <see cref="Text"/> is; null = not told.</summary>
    public int? Tokens { get; set; }

    public int? PromptTokens { get; set; }

    /// <summary>Tokens of the whole answer, as last told.</summary>
    public int? AnswerTokens { get; set; }

    public bool HasReasoning { get; set; }

    public string? ResponseId { get; set; }

    public string? Model { get; set; }

    public long Created { get; set; }

    public string? Finish { get; set; }

    /// <summary>Whether all of it has come.</summary>
    public bool IsDone { get; set; }

    /// <summary>Whether nothing of it was shown: then it can be asked for as if for the first time.</summary>
    public bool IsUnseen => Text.Length == 0 && !HasReasoning;

    /// <summary>Calls of tools, whole only once the answer is finished.</summary>
    public IEnumerable<(string Id, string Name, string Arguments)> Tools => _tools.Values.Select(tool => (tool.Id, tool.Name, tool.Arguments.ToString()));

    /// <summary>Books what came.</summary>
    public void Add(ChatChunk chunk)
    {
        ResponseId ??= chunk.Id;
        Model ??= chunk.Model;
        Created = Created == 0 ? chunk.Created : Created;
        HasReasoning |= chunk.Reasoning.Length > 0;
        Finish = chunk.Finish ?? Finish;
        if (chunk.Usage is { } usage)
        {
            (PromptTokens, AnswerTokens) = (usage.Prompt, usage.Completion);
        }

        if (chunk.Text.Length > 0)
        {
            Text.Append(chunk.Text);
            Tokens = chunk.Usage?.Completion;
        }

        foreach (var piece in chunk.Tools)
        {
            if (!_tools.TryGetValue(piece.Index, out var tool))
            {
                tool = ("", "", new StringBuilder());
            }

            tool.Arguments.Append(piece.Arguments);
            _tools[piece.Index] = (piece.Id ?? tool.Id, piece.Name ?? tool.Name, tool.Arguments);
        }
    }

    /// <summary>The request is gone: what was not shown of it is forgotten, and another begins behind the rest.</summary>
    public void Forget()
    {
        RequestId = null;
        LastEvent = -1;
        _tools.Clear();
    }
}
